"""Prints what SAM makes of a template: the CloudFormation that would be deployed.

    python transform.py template.yaml [Name=value ...] > transformed.json

The overrides are read as sam deploy reads them. It uses SAM's own translator,
offline. Parameters keep their references, as in the real transform; the partition is
that of us-east-1.
"""

import json
import logging
import os
import sys

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
logging.disable(logging.WARNING)  # the translator misses a service that is AWS' own

from samcli.cli.types import CfnParameterOverridesType  # noqa: E402
from samcli.yamlhelper import yaml_parse  # noqa: E402
from samtranslator.parser.parser import Parser  # noqa: E402
from samtranslator.translator.translator import Translator  # noqa: E402


def packaged(path, address):
    """The template as sam package leaves it: each build has an address in a bucket."""
    with open(path, encoding="utf-8") as source:
        document = yaml_parse(source.read())
    for resource in document["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = address
    return document


def transform(path, overrides, address="s3://bucket/key", before=None):
    """What CloudFormation is given for these overrides, on top of what the stack has."""
    document = packaged(path, address)
    parameters = {name: str(p.get("Default", "dev")) for name, p in document["Parameters"].items()}
    parameters.update(before or {})
    parameters.update(CfnParameterOverridesType().convert(tuple(overrides), None, None) if overrides else {})
    translator = Translator(managed_policy_map={}, sam_parser=Parser())
    return translator.translate(document, parameter_values=parameters)


if __name__ == "__main__":
    json.dump(transform(sys.argv[1], sys.argv[2:]), sys.stdout, indent=1, default=str)
