"""Reads a page into a tree, so that tests can ask what is on it."""

from html.parser import HTMLParser

VOID = {"input", "link", "meta", "br"}


class Element:
    """One HTML element."""

    def __init__(self, tag, attributes, parent=None):
        self.tag = tag
        self.attributes = attributes
        self.parent = parent
        self.children = []

    def __getitem__(self, name):
        return self.attributes.get(name)

    @property
    def text(self):
        parts = [child if isinstance(child, str) else child.text for child in self.children]
        return " ".join("".join(parts).split())

    @property
    def value(self):
        """What the field holds. A browser drops the first line end of a textarea."""
        if self.tag != "textarea":
            return self["value"]
        raw = "".join(self.children)
        return raw[1:] if raw.startswith("\n") else raw

    def all(self, tag, **attributes):
        """Every element below this one with that tag and those attributes."""
        found = []
        for child in self.children:
            if isinstance(child, Element):
                if child.tag == tag and child._has(attributes):
                    found.append(child)
                found.extend(child.all(tag, **attributes))
        return found

    def one(self, tag, **attributes):
        found = self.all(tag, **attributes)
        assert len(found) == 1, f"{len(found)} of <{tag}> {attributes}"
        return found[0]

    def labelled(self, label):
        """The field with that label."""
        target = next(found["for"] for found in self.all("label") if found.text == label)
        fields = self.all("input", id=target) + self.all("textarea", id=target)
        assert len(fields) == 1, f"{len(fields)} fields for the label {label}"
        return fields[0]

    def button(self, name):
        """The button with that text or aria-label."""
        found = [b for b in self.all("button") if name in (b["aria-label"], b.text)]
        assert len(found) == 1, f"{len(found)} buttons named {name}"
        return found[0]

    def form_of(self, button_name):
        """The form that the button sends."""
        element = self.button(button_name)
        while element.tag != "form":
            element = element.parent
        return element

    def values(self):
        """What this form would send if nothing were typed."""
        fields = self.all("input") + self.all("textarea")
        return {field["name"]: field.value for field in fields if field["name"]}

    def _has(self, attributes):
        return all(
            value in (self[name.rstrip("_")] or "").split() if name == "class_"
            else self[name] == value
            for name, value in attributes.items()
        )


class _Builder(HTMLParser):
    def __init__(self):
        super().__init__()
        self.root = self.open = Element("document", {})

    def handle_starttag(self, tag, attrs):
        element = Element(tag, dict(attrs), self.open)
        self.open.children.append(element)
        if tag not in VOID:
            self.open = element

    def handle_startendtag(self, tag, attrs):
        self.open.children.append(Element(tag, dict(attrs), self.open))

    def handle_endtag(self, tag):
        assert tag == self.open.tag, f"</{tag}> closes <{self.open.tag}>"
        self.open = self.open.parent

    def handle_data(self, data):
        self.open.children.append(data)


def parse(html) -> Element:
    builder = _Builder()
    builder.feed(html)
    builder.close()
    assert builder.open is builder.root, f"<{builder.open.tag}> is not closed"
    return builder.root
