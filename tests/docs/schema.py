"""As much of JSON Schema as docs/schemas/ uses, in plain Python. A keyword it does not know is an error, so that no
schema promises more than is checked."""
import re

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
NOTES = {"$schema", "$defs", "title", "description"}


def is_of(value, name):
    if name in ("number", "integer"):
        kinds = (int, float) if name == "number" else int
        return isinstance(value, kinds) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def problems(value, schema, root=None, at="$"):
    """What is wrong with the value, one line each."""
    root = root or schema
    if "$ref" in schema:
        return problems(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, at)
    found = []
    for keyword, wanted in schema.items():
        if keyword == "type":
            names = wanted if isinstance(wanted, list) else [wanted]
            if not any(is_of(value, name) for name in names):
                return [f"{at} is {type(value).__name__}, not {wanted}"]
        elif keyword == "const" and value != wanted:
            found.append(f"{at} is {value!r}, not {wanted!r}")
        elif keyword == "enum" and value not in wanted:
            found.append(f"{at} is {value!r}, none of {wanted}")
        elif keyword == "pattern" and isinstance(value, str) and not re.search(wanted, value):
            found.append(f"{at} is {value!r}, which does not match {wanted}")
        elif keyword in ("minimum", "maximum") and value is not None:
            if value < wanted if keyword == "minimum" else value > wanted:
                found.append(f"{at} is {value}, beyond the {keyword} {wanted}")
        elif keyword == "required":
            found += [f"{at} lacks {name}" for name in wanted if name not in value]
        elif keyword == "properties":
            for name in wanted.keys() & value.keys():
                found += problems(value[name], wanted[name], root, f"{at}.{name}")
        elif keyword == "additionalProperties":
            for name in value.keys() - schema.get("properties", {}).keys():
                found += problems(value[name], wanted, root, f"{at}.{name}") if wanted else [f"{at} has {name}"]
        elif keyword == "items":
            for number, item in enumerate(value):
                found += problems(item, wanted, root, f"{at}[{number}]")
        elif keyword not in NOTES | {"const", "enum", "pattern", "minimum", "maximum"}:
            raise ValueError(f"{at}: schema keyword {keyword} is not known here")
    return found
