"""What a template must keep for the product to work: fields, ids, tokens, codes and blocks."""

import re
from collections.abc import Callable

# The source of a template by its name, or None.
Read = Callable[[str], str | None]

COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
TAG = r"\{%[-+]?\s*"
NAME = r"""["']([^"']+)["']"""
EXTENDS = re.compile(TAG + r"extends\s+" + NAME + r"\s*[-+]?%\}")
EXTENDS_SHELL = re.compile(TAG + r"extends\s+shell\s*[-+]?%\}")
USED = re.compile(TAG + r"(?:include|from)\s+" + NAME + r"[^%]*%\}")
NAMED = re.compile(TAG + r"(?:include|from|import|extends)\s+([^%]+)%\}")
BLOCK = re.compile(TAG + r"(?:block\s+(\w+)[^%]*|(endblock)[^%]*)%\}")
SUPER = re.compile(r"\{\{-?\s*super\(\)")
CONTROL = re.compile(r"<(?:form|input|select|textarea|button)\b[^>]*>")
ATTRIBUTE = re.compile(r"""\b(name|id)=["']([^"'{]+)["']""")
PLACE = re.compile(r"""\b(id)=["'](main|live|who|trouble)["']""")
CODE = re.compile(r"\{\{-?\s*code\b")
BOUND = re.compile(r"@\{\{-?\s*host\s*-?\}\} #\{\{-?\s*code\s*-?\}\}\s*\Z")
SHELL = "_shell/document.html"  # the larger of the two that `shell` may be
DEEPEST = 8  # templates within each other


def find_lost_hooks(name: str, ours: Read, theirs: Read) -> list[str]:
    """In words, what our template of that name has and theirs has not."""
    return [f"lost {hook}" for hook in _hooks(name, ours) if hook not in {*_hooks(name, theirs)}]


def find_unknown_blocks(name: str, ours: Read, theirs: Read) -> list[str]:
    """Those that theirs fills and what it extends of ours does not have: nobody would see them."""
    own = COMMENT.sub("", theirs(name) or "")
    parent = EXTENDS.search(own)
    if parent is None or not parent[1].startswith("default/"):
        return []
    known = _names_of_blocks(parent[1], ours)
    return [block for block in _outer_blocks(own) if block not in known]


def named_templates(source: str) -> set[str]:
    """What it includes, imports and extends; not what may be missing, or is put together."""
    tags = NAMED.findall(COMMENT.sub("", source))
    sure = [tag for tag in tags if "~" not in tag and "ignore missing" not in tag]
    return {name for tag in sure for name in re.findall(NAME, tag)}


def _hooks(name: str, read: Read) -> list[str]:
    text = _whole(name, read)
    kept = [each for tag in CONTROL.findall(text) for each in ATTRIBUTE.findall(tag)]
    found = [f'{attribute}="{value}"' for attribute, value in [*kept, *PLACE.findall(text)]]
    if EXTENDS_SHELL.search(text):
        found.append("{% extends shell %}")
    if CODE.search(text):
        found.append("{{ code }}")
    if BOUND.search(text):
        found.append("its last line, @{{ host }} #{{ code }}")
    own = COMMENT.sub("", read(name) or "")
    parent = EXTENDS.search(own)
    if parent is None or parent[1].startswith("default/"):
        found += [f"{{% block {block} %}}" for block, _ in BLOCK.findall(text) if block]
    return list(dict.fromkeys(found))


def _whole(name: str, read: Read, depth: int = 0) -> str:
    """With all that it includes, and within what it extends."""
    source = COMMENT.sub("", read(name) or "") if depth < DEEPEST else ""
    if parent := EXTENDS.search(source):
        blocks = _blocks(source)
        whole = _whole(parent[1], read, depth + 1)
        source = "".join(blocks.values()) if not whole else _put_in(whole, blocks)
    return USED.sub(lambda used: used[0] + _whole(used[1], read, depth + 1), source)


def _blocks(source: str) -> dict[str, str]:
    """By their names, with their tags and all within."""
    found, open_ = dict[str, str](), list[tuple[str, int]]()
    for tag in BLOCK.finditer(source):
        if tag[1]:
            open_.append((tag[1], tag.start()))
        elif open_:
            name, start = open_.pop()
            found[name] = source[start : tag.end()]
    return found


def _outer_blocks(source: str) -> list[str]:
    depth, found = 0, list[str]()
    for tag in BLOCK.finditer(source):
        if tag[1] and not depth:
            found.append(tag[1])
        depth += 1 if tag[1] else -1
    return found


def _names_of_blocks(name: str, read: Read, depth: int = 0) -> set[str]:
    """Of a template and all that it extends."""
    source = COMMENT.sub("", read(name) or "") if depth < DEEPEST else ""
    parent = EXTENDS.search(source)
    above = parent[1] if parent else SHELL if EXTENDS_SHELL.search(source) else ""
    own = {block for block, _ in BLOCK.findall(source) if block}
    return own | (_names_of_blocks(above, read, depth + 1) if above else set())


def _put_in(parent: str, blocks: dict[str, str]) -> str:
    """The parent with those in the place of its own; one that calls `super()` adds to it."""
    for name, text in blocks.items():
        own = _blocks(parent).get(name)
        if own is not None and own != text:
            parent = parent.replace(own, text + own if SUPER.search(text) else text)
    return parent
