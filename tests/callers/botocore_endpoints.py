"""Prints where botocore sends calls: {service: {region: {variant: URL or error}}} as JSON.

The regions are those of botocore's own partition data and those that are given as arguments.
"""

import json
import sys

import botocore.session
from botocore.endpoint_provider import EndpointProvider

variants = {
    "plain": {},
    "FIPS": {"UseFIPS": True},
    "dual-stack": {"UseDualStack": True},
    "FIPS and dual-stack": {"UseFIPS": True, "UseDualStack": True},
}

loader = botocore.session.Session().get_component("data_loader")
partitions = loader.load_data("partitions")
regions = {
    region
    for partition in partitions["partitions"]
    for region in partition["regions"]
    if not region.endswith("-global")
} | set(sys.argv[1:])


def urls(service):
    rules = loader.load_service_model(service, "endpoint-rule-set-1")
    provider = EndpointProvider(rules, partitions)

    def url(region, options):
        try:
            return provider.resolve_endpoint(Region=region, **options).url
        except Exception as error:
            return f"error: {error}"

    return {
        region: {name: url(region, options) for name, options in variants.items()}
        for region in sorted(regions)
    }


print(json.dumps({service: urls(service) for service in ("sso", "sso-oidc", "sts")}))
