#!/usr/bin/env python3
"""Prints openapi.yaml as one JSON document: what other files hold is moved into components/schemas.

    python3 schemas/bundle.py > build/openapi.json

topics/activity.json becomes the component "activity", its $defs/number "activity.number". The same files give
the same bytes.
"""
import json
import pathlib
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parent


class Bundle:
    def __init__(self, root):
        self.root = root
        self.files = {}
        self.components = {}

    def component(self, file, pointer):
        """The reference to a part of another file, which is moved in when first met."""
        name = ".".join([pathlib.PurePath(file).stem, *pointer.split("/")[-1:]]).rstrip(".")
        if name not in self.components:
            self.components[name] = None  # met, not moved yet: schemas may refer to each other
            part = self.part(file, pointer)
            self.components[name] = file, pointer, self.moved(part, file)
        met = self.components[name]
        if met and met[:2] != (file, pointer):
            raise ValueError(f"{file}#{pointer} and {met[0]}#{met[1]} would have one name")
        return {"$ref": f"#/components/schemas/{name}"}

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


def bundle(root=ROOT):
    document = yaml.safe_load((root / "openapi.yaml").read_text())
    moving = Bundle(root)
    document = moving.moved(document, "")
    schemas = document["components"]["schemas"]
    for name, (_, _, schema) in sorted(moving.components.items()):
        if name in schemas:
            raise ValueError(f"component {name} is there already")
        schemas[name] = schema
    return document


if __name__ == "__main__":
    json.dump(bundle(), sys.stdout, ensure_ascii=False, separators=(",", ":"))
    print()
