"""Prints what SAM makes of a template: the CloudFormation that would be deployed.

    python transform.py template.yaml [--override Name=Value ...] > transformed.json

It uses SAM's own translator, offline. Parameters keep their references, as in the
real transform; the partition is that of us-east-1.
"""

import argparse
import json
import os
import sys

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

from samcli.yamlhelper import yaml_parse  # noqa: E402
from samtranslator.translator.managed_policy_translator import ManagedPolicyLoader  # noqa: E402
from samtranslator.parser.parser import Parser  # noqa: E402
from samtranslator.translator.translator import Translator  # noqa: E402

arguments = argparse.ArgumentParser()
arguments.add_argument("template")
arguments.add_argument("--override", action="append", default=[], metavar="NAME=VALUE")
asked = arguments.parse_args()
with open(asked.template, encoding="utf-8") as source:
    document = yaml_parse(source.read())
for resource in document["Resources"].values():
    # sam package puts each build into a bucket; the transform wants its address.
    if resource["Type"] == "AWS::Serverless::Function":
        resource["Properties"]["CodeUri"] = "s3://bucket/key"
parameters = {name: str(p.get("Default", "dev")) for name, p in document["Parameters"].items()}
for override in asked.override:
    name, _, value = override.partition("=")
    if name not in parameters:
        sys.exit(f"the template has no parameter {name}")
    parameters[name] = value
translator = Translator(managed_policy_map={}, sam_parser=Parser())
json.dump(translator.translate(document, parameter_values=parameters), sys.stdout, indent=1, default=str)
