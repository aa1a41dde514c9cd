"""``python -m classifier`` is ``mailtriage``."""

from classifier.cli import main

if __name__ == "__main__":
    main()
