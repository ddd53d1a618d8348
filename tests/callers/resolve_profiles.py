"""Resolves profiles of many config files with boto3.

The arguments are a profile, a config and a credentials file, again and again. Prints one JSON array
with what each of them gives: {"accessKeyId": …} or {"error": …}.
"""

import json
import os
import sys

import boto3


def resolve(profile, config_file, credentials_file):
    os.environ["AWS_CONFIG_FILE"] = config_file
    os.environ["AWS_SHARED_CREDENTIALS_FILE"] = credentials_file
    try:
        credentials = boto3.Session(profile_name=profile).get_credentials()
        return {"accessKeyId": credentials.get_frozen_credentials().access_key}
    except Exception as error:
        return {"error": str(error)}


words = iter(sys.argv[1:])
print(json.dumps([resolve(*each) for each in zip(words, words, words)]))
