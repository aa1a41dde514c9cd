"""The names of what can be wrong with a message, and what each means.

The names are for ever: models learn them. A bound that is passed is a defect like any other.
"""

from __future__ import annotations

from typing import Final

DEFECTS: Final[dict[str, str]] = {
    # line ends and what stands around the header
    "lone_cr": "lines end in a CR alone; read as line ends",
    "byte_order_mark": "begins with a UTF-8 byte order mark; skipped",
    "from_line_inside": "begins with the From_ line of a mailbox; skipped",
    "blank_lines_before_header": "blank lines stand before the first header field; skipped",
    "no_header": "there is no header field at all; everything is body",
    "no_body": "nothing stands behind the header",
    "missing_blank_line": "the body begins without a blank line before it",
    "junk_in_header": "lines among the header fields are none (RFC 5322 section 2.2); skipped",
    "duplicate_header": "a field that may stand once stands twice (RFC 5322 section 3.6)",
    "header_block_too_long": "over HEADER_BLOCK_BYTES or PART_HEADER_BYTES; the rest is not read",
    "too_many_headers": "over HEADER_COUNT; the rest is not read",
    "header_too_long": "a field is over HEADER_FIELD_BYTES; its rest is not decoded",
    # header fields
    "nul_in_header": "a header field contains NUL; left out",
    "eight_bit_header": "a header field contains bytes over 127; read as UTF-8 or windows-1252",
    "bad_encoded_word": "an RFC 2047 word is damaged; decoded as far as possible",
    "bad_address": "an address field breaks RFC 5322 section 3.4; read as far as possible",
    "too_many_addresses": "over ADDRESSES_PER_HEADER; the rest is not read",
    "bad_date": "Date: is no date",
    "odd_date": "Date: is a date, but in no form of RFC 5322",
    "absurd_zone": "the zone of Date: is none on earth; taken as unknown",
    "bad_message_id": "Message-ID: has no angle brackets; taken as it stands",
    "too_many_message_ids": "over MESSAGE_IDS_PER_HEADER; the rest is not read",
    # MIME structure
    "bad_content_type": "a Content-Type is none; taken as text/plain (RFC 2045 section 5.2)",
    "parameters_too_long": "a content field is over PARAMETER_BYTES; the rest is not read",
    "no_boundary": "a multipart names no boundary, or one over BOUNDARY_BYTES; shown as text",
    "boundary_not_found": "the boundary of a multipart never stands; shown as text",
    "boundary_not_closed": "a multipart ends without its closing boundary",
    "mime_too_deep": "over MIME_DEPTH; deeper parts are not opened",
    "too_many_parts": "over MIME_PARTS; the rest is not read",
    "too_many_boundary_lines": "over BOUNDARY_LINES; the rest of the body belongs to the last part",
    # text
    "unknown_encoding": "a Content-Transfer-Encoding is unknown; taken as none",
    "invalid_base64": "base64 text contains other letters or ends inside a group",
    "invalid_quoted_printable": "quoted-printable text has a = that encodes nothing",
    "unknown_charset": "a charset is unknown, or none that mail may use; guessed",
    "wrong_charset": "text is not in the charset it claims; replaced or guessed",
    "nul_in_text": "text contains NUL; left out",
    "text_too_long": "over TEXT_BYTES; the rest is not read",
    "html_too_long": "over HTML_BYTES; the rest is not read",
    "html_too_deep": "over HTML_WORK: too many elements open at once; the rest is not read",
    "too_many_attributes": "a tag is over HTML_ATTRIBUTES; the HTML ends before it",
    "too_many_links": "over LINKS; the rest is not listed",
}
"""Meaning of every name that ``Message.defects`` may contain."""
