#!/usr/bin/env python3
"""Prints openapi.yaml as one JSON document, in the words that generators of clients understand.

    python3 schemas/bundle.py > build/openapi.json

What other files hold is moved into components/schemas, under its title or, without one, its place: topics/activity.json
becomes "activityEvent", its $defs/number "activity.number". A schema that tells its kinds apart by a constant becomes a
component for each kind and a discriminator; what may also be null becomes a list of types. What is valid stays the same.
The same files give the same bytes.
"""
import json
import pathlib
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parent
HERE = "#/components/schemas/"
NULL = {"type": "null"}


def camel(title):
    first, *rest = title.split()
    return first.lower() + "".join(word.capitalize() for word in rest)


class Bundle:
    def __init__(self, root):
        self.root = root
        self.files = {}
        self.components = {}

    def component(self, file, pointer):
        """The reference to a part of another file, which is moved in when first met."""
        part = self.part(file, pointer)
        place = ".".join([pathlib.PurePath(file).stem, *pointer.split("/")[-1:]]).rstrip(".")
        name = camel(part["title"]) if "title" in part else place
        if name not in self.components:
            self.components[name] = (file, pointer), None  # met, not moved yet: schemas may refer to each other
            self.components[name] = (file, pointer), self.kinds(self.moved(part, file))
        if self.components[name][0] != (file, pointer):
            raise ValueError(f"{file}#{pointer} and {self.components[name][0]} would have one name")
        return {"$ref": HERE + name}

    def part(self, file, pointer):
        if file not in self.files:
            self.files[file] = json.loads((self.root / file).read_text())
        part = self.files[file]
        for token in pointer.split("/")[1:]:
            part = part[token.replace("~1", "/").replace("~0", "~")]
        return {key: value for key, value in part.items() if key not in ("$schema", "$defs")}

    def moved(self, value, file):
        """A copy in which nothing refers outside; `file` is where the value is from, "" for openapi.yaml."""
        if isinstance(value, list):
            return [self.moved(item, file) for item in value]
        if not isinstance(value, dict):
            return value
        copy = {key: self.moved(item, file) for key, item in value.items() if key != "$ref"}
        if "$ref" not in value:
            return copy
        target, _, pointer = value["$ref"].partition("#")
        if target or file:
            return self.component(target or file, pointer) | copy
        return {"$ref": value["$ref"]} | copy

    def kinds(self, schema):
        """A schema with `oneOf` as a choice between whole components: what all kinds share, and each kind's own."""
        if "oneOf" not in schema:
            return schema
        shared = {key: value for key, value in schema.items() if key not in ("oneOf", "title", "description")}
        mapping = {}
        for kind in schema["oneOf"]:
            tag = next(name for name, value in kind["properties"].items() if "const" in value)
            name = camel(kind["title"])
            whole = shared | kind | {"required": shared["required"],
                                     "properties": shared["properties"] | kind["properties"]}
            self.components[name] = (kind["title"], tag), whole
            mapping[kind["properties"][tag]["const"]] = HERE + name
        return {"title": schema["title"], "description": schema["description"],
                "oneOf": [{"$ref": reference} for reference in mapping.values()],
                "discriminator": {"propertyName": tag, "mapping": mapping}}


def or_null(value, schemas):
    """A copy in which a choice between a plain schema and null is that schema with two types."""
    if isinstance(value, list):
        return [or_null(item, schemas) for item in value]
    if not isinstance(value, dict):
        return value
    copy = {key: or_null(item, schemas) for key, item in value.items()}
    if NULL not in copy.get("anyOf", ()):
        return copy
    (plain,) = (choice for choice in copy.pop("anyOf") if choice != NULL)
    plain = schemas[plain["$ref"].removeprefix(HERE)] if "$ref" in plain else plain
    both = {"enum": [*plain["enum"], None]} if "enum" in plain else {}
    return plain | copy | both | {"type": [plain["type"], "null"]}


def lifted(value, schemas, top=False):
    """A copy in which every object with a title is a component of that name, so that a client has one class of it."""
    if isinstance(value, list):
        return [lifted(item, schemas) for item in value]
    if not isinstance(value, dict):
        return value
    copy = {key: lifted(item, schemas) for key, item in value.items()}
    if top or copy.get("type") != "object" or not isinstance(copy.get("title"), str):
        return copy
    if schemas.setdefault(name := camel(copy["title"]), copy) != copy:
        raise ValueError(f"two different things are called {name}")
    return {"$ref": HERE + name}


def bundle(root=ROOT):
    document = yaml.safe_load((root / "openapi.yaml").read_text())
    moving = Bundle(root)
    document = moving.moved(document, "")
    schemas = document["components"].pop("schemas")
    for name, (_, schema) in sorted(moving.components.items()):
        if name in schemas:
            raise ValueError(f"component {name} is there already")
        schemas[name] = schema
    document, schemas = or_null(document, schemas), or_null(schemas, schemas)
    whole = {}
    for name, schema in schemas.items():
        whole[name] = lifted(schema, whole, top=True)
    document = lifted(document, whole)
    document["components"]["schemas"] = whole
    return document


if __name__ == "__main__":
    json.dump(bundle(), sys.stdout, ensure_ascii=False, separators=(",", ":"))
    print()
