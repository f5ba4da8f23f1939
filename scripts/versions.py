"""Says which functions get a new version when one thing of a deployment changes.

    python versions.py FOLDER < changes.json

FOLDER is a build; changes.json holds a new value for each parameter. Every deployment is
made up as scripts/deploy.sh does it and transformed by SAM's own translator. Prints
{"what changed": ["Function", ...]}; without a revision all of these lists are empty.
"""

import json
import sys

import stage
import transform


def deployment(folder, *changed):
    """The parameters of a deployment to prod, with one or none changed."""
    overrides = stage.overrides("prod", ["Architecture=arm64", *changed])
    return [*overrides, f'Revision="{stage.revision(folder, overrides)}"']


def versions(overrides):
    """The logical id of each function's version: another one is another version."""
    resources = transform.transform("template.yaml", overrides)["Resources"]
    return {
        r["Properties"]["FunctionName"]["Ref"]: name
        for name, r in resources.items() if r["Type"] == "AWS::Lambda::Version"
    }


def published(folder, changes):
    before = versions(deployment(folder))
    after = {"nothing": versions(deployment(folder))}
    for name, value in changes.items():
        after[name] = versions(deployment(folder, f"{name}={value}"))
    return {what: sorted(f for f, version in now.items() if version != before[f]) for what, now in after.items()}


if __name__ == "__main__":
    json.dump(published(sys.argv[1], json.load(sys.stdin)), sys.stdout)
