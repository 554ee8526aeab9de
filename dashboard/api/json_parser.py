"""JSON that is sent to the API, in texts that can be written as bytes again, or a 400."""

from __future__ import annotations

import json
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class JsonParser(JSONParser):
    """JSON can say halves of letters, which neither the database nor an answer can."""

    def parse(
        self, stream: Any, media_type: Any = None, parser_context: Any = None
    ) -> Any:
        found = super().parse(stream, media_type, parser_context)
        try:
            json.dumps(found, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ParseError(
                "The body has half of a letter (\\ud800 to \\udfff) in a text."
            ) from None
        return found
