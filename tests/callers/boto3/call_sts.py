"""Calls GetCallerIdentity with boto3. Arguments and output: tests/callers/README.md."""

import sys
from concurrent.futures import ThreadPoolExecutor

import boto3


def call(_):
    """By a session of its own."""
    try:
        client = boto3.Session(profile_name=profile).client("sts", endpoint_url=endpoint)
        for _ in range(int(calls)):
            arn = client.get_caller_identity()["Arn"]
        return f"ok {arn}"
    except Exception as error:
        return "error " + str(error).replace("\n", " ")


endpoint, profile, clients, calls = sys.argv[1:]
with ThreadPoolExecutor(int(clients)) as pool:
    outcomes = list(pool.map(call, range(int(clients))))
print("\n".join(outcomes))
sys.exit(any(outcome.startswith("error ") for outcome in outcomes))
