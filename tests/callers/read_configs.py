"""Reads config files with botocore, as boto3 and the AWS CLI do.

The argument is a file with one path a line. Prints one JSON array: for each file {"profiles": …,
"sso_sessions": …} with all keys as text, nested ones as "key.subkey"; or {"error": …}.
"""

import json
import sys

from botocore.configloader import load_config


def flat(section):
    for key, value in section.items():
        if isinstance(value, dict):
            for subkey, subvalue in value.items():
                yield f"{key}.{subkey}", subvalue
        else:
            yield key, value


def read(path):
    try:
        config = load_config(path)
    except Exception as error:
        return {"error": str(error)}
    return {
        kind: {name: dict(flat(section)) for name, section in config[kind].items()}
        for kind in ("profiles", "sso_sessions")
    }


with open(sys.argv[1]) as paths:
    print(json.dumps([read(path.rstrip("\n")) for path in paths]))
