"""Calls GetCallerIdentity with boto3, by as many sessions at once as the first argument says.

Each session asks for the credentials of the profile that the second names itself. Prints one JSON
array with what each of them got: {"arn": …} or {"error": …}.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3


def call(_):
    try:
        client = boto3.Session(profile_name=profile).client("sts")
        return {"arn": client.get_caller_identity()["Arn"]}
    except Exception as error:
        return {"error": str(error)}


count, profile = int(sys.argv[1]), sys.argv[2]
with ThreadPoolExecutor(count) as pool:
    print(json.dumps(list(pool.map(call, range(count)))))
