"""The JSON API: the same flows, for other programs. It has no rules of its own."""
