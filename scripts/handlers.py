"""Prints what CloudFormation says that it needs to make, change and read each type of
resource of a transformed template: {"AWS::SNS::Topic": ["sns:CreateTopic", ...], ...}.

    python handlers.py transformed.json > handlers.json

The lists are those of CloudFormation's own resource schemas, as cfn-lint carries them.
"""

import json
import pathlib
import sys

import cfnlint

with open(sys.argv[1], encoding="utf-8") as source:
    resources = json.load(source)["Resources"].values()
types = {resource["Type"] for resource in resources}
needed = {}
schemas = pathlib.Path(cfnlint.__file__).parent / "data" / "schemas" / "resources"
for path in schemas.glob("*.json"):
    schema = json.loads(path.read_text(encoding="utf-8"))
    if schema.get("typeName") not in types:
        continue
    handlers = [h for name, h in schema.get("handlers", {}).items() if name != "list"]
    needed.setdefault(schema["typeName"], set()).update(p for h in handlers for p in h["permissions"])
if missing := sorted(types - set(needed)):
    sys.exit(f"no schema says what is needed for {', '.join(missing)}")
json.dump({name: sorted(permissions) for name, permissions in sorted(needed.items())}, sys.stdout, indent=1)
