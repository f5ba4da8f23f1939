"""Says which functions get a new version when one thing of a deployment changes.

    python versions.py FOLDER < changes.json
    python versions.py plain

FOLDER is a build; changes.json holds a new value for each parameter. Every deployment is
made up as scripts/deploy.sh does it and transformed by SAM's own translator. Prints
{"what changed": ["Function", ...]}; without a revision all of these lists are empty.
plain says it of sam deploy --config-env of each stage, with new code, over make deploy and
over another plain one: {"dev": [["Function", ...], ["Function", ...]], ...}.
"""

import json
import sys

import stage
import transform


def deployment(folder, **changed):
    """The parameters of a deployment to prod, with one or none changed."""
    overrides = stage.overrides("prod", {"Architecture": "arm64"} | changed)
    return [*overrides, f'Revision="{stage.revision(folder, overrides)}"']


def versions(overrides, **of):
    """The logical id of each function's version: another one is another version."""
    resources = transform.transform("template.yaml", overrides, **of)["Resources"]
    return {
        r["Properties"]["FunctionName"]["Ref"]: name
        for name, r in resources.items() if r["Type"] == "AWS::Lambda::Version"
    }


def published(folder, changes):
    before = versions(deployment(folder))
    after = {"nothing": versions(deployment(folder))}
    for name, value in changes.items():
        after[name] = versions(deployment(folder, **{name: value}))
    return {what: moved(before, now) for what, now in after.items()}


def moved(before, now):
    return sorted(f for f, version in now.items() if version != before[f])


def plainly(name):
    """CloudFormation keeps the parameters that a deployment does not name."""
    written = [stage.section(name)["parameter_overrides"]]  # as the SAM CLI hands it over
    kept = {"Revision": "0123456789abcdef"}
    made = versions(written, before=kept | {"Revision": ""}, address="s3://bucket/old")
    first = versions(written, before=kept, address="s3://bucket/new")
    over = versions([f'{w}="{v}"' for w, v in kept.items()], before=stage.pairs(stage.section(name)["parameter_overrides"]))
    return [moved(over, first), moved(made, first)]


if __name__ == "__main__":
    if sys.argv[1] == "plain":
        json.dump({name: plainly(name) for name in ("default", "dev", "staging", "prod")}, sys.stdout)
        sys.exit()
    json.dump(published(sys.argv[1], json.load(sys.stdin)), sys.stdout)
