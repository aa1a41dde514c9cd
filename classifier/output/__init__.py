"""Verdicts as columns, and the columns as text: what commands print and other engines collect.

Nothing is imported here: text is made safe for every error message, and numpy is not wanted for that.
"""
