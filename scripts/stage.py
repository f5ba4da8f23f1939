"""What scripts/deploy.sh has to know of a stage; Python 3.11 and nothing else.

    stage.py stack STAGE                          the name of its stack
    stage.py overrides STAGE [Name=value ...]     the stage's parameters, one argument a line
    stage.py revision FOLDER [argument ...]       of a build and these parameters
    stage.py attempt REVISION                     what to deploy it as; reads the stack's outputs
    stage.py functions                            the functions that answer selftests
    stage.py concurrency                          what an account needs, 0 if nothing is set aside
    stage.py judge REVISION FOLDER                what sam remote invoke printed, a file per function
"""

import hashlib
import json
import pathlib
import re
import shlex
import sys
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
GATE = "GateTraffic"
# Parameters that hold a JSON object, or nothing.
DOCUMENTS = {"OutflowLimits", "ProviderSettings"}
# Of every account's concurrency AWS keeps so much for functions without a reservation.
UNRESERVED = 100


def template():
    return (ROOT / "template.yaml").read_text(encoding="utf-8")


def section(stage):
    with open(ROOT / "samconfig.toml", "rb") as source:
        stages = tomllib.load(source)
    try:
        return stages[stage]["deploy"]["parameters"]
    except KeyError:
        sys.exit(f"samconfig.toml has no [{stage}.deploy.parameters]")


def pairs(written):
    """Parameters as samconfig.toml may hold them: a table, a list, or a text with quotes.

    One that is named twice is refused: the last one would win, and nobody sees which that is."""
    if isinstance(written, dict):
        return {name: str(value) for name, value in written.items()}
    words = shlex.split(written) if isinstance(written, str) else written
    named = {}
    for word in words:
        name, value = word.split("=", 1)
        if name in named:
            sys.exit(f"{name} is named twice: {named[name] or 'empty'} and {value or 'empty'}. Put the one in place of the other")
        named[name] = value
    return named


def quoted(name, value):
    """One argument that sam deploy reads as one parameter, whatever the value holds."""
    if re.search(r'\n|\\["\\ ]|\\$', value):
        sys.exit(f"{name} has a line break, or a backslash that the SAM CLI would take for its own")
    escaped = value.replace('"', '\\"')
    return f'{name}="{escaped}"'


def document(name, value):
    """Stops at JSON that cannot be read: most often a shell has taken its quotes."""
    try:
        if value and not isinstance(json.loads(value), dict):
            raise ValueError("no object")
    except ValueError:
        example = """make deploy DEPLOY_FLAGS="OutflowLimits='{\\"vexora\\":{\\"KHR\\":\\"40000000\\"}}'\""""
        sys.exit(f"{name} is no JSON object: {value}\nTwo shells read it on its way. Write:\n  {example}")


def overrides(stage, given):
    known = set(re.findall(r"^  ([A-Za-z0-9]+):\n    Type: (?:String|Number|CommaDelimitedList)$", template(), re.M))
    merged = pairs(section(stage).get("parameter_overrides", "")) | pairs(given)
    merged.pop("Revision", None)  # it is computed
    for name in DOCUMENTS & set(merged):
        document(name, merged[name])
    if unknown := sorted(set(merged) - known):
        sys.exit(f"the template has no parameter {', '.join(unknown)}")
    return [quoted(name, merged[name]) for name in sorted(merged)]


def built(folder):
    """The files of a build with their names; a build that is kept elsewhere is known by its sources."""
    if files := sorted(path for path in folder.glob("*/**/*") if path.is_file()):
        return [(path, path.relative_to(folder)) for path in files]
    sources = [ROOT / name for name in ("go.mod", "go.sum", "Makefile")]
    sources += [path for part in ("functions", "pkg") for path in sorted((ROOT / part).glob("**/*")) if path.is_file()]
    return [(path, path.relative_to(ROOT)) for path in sources if path.exists()]


def revision(folder, arguments):
    """A hash of what is deployed: the build's files, the template and the parameters.

    Go leaves no trace of when and where it built (-trimpath, -buildvcs=false), so that the
    same tree with the same parameters has the same revision on every machine."""
    digest = hashlib.sha256()
    for path, name in built(pathlib.Path(folder)):
        digest.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    digest.update(hashlib.sha256(template().encode()).digest())
    for argument in sorted(arguments):
        digest.update(f"{argument}\n".encode())
    return digest.hexdigest()[:16]


def attempt(content, printed):
    """The revision to deploy: what the stack has if that is the same, else one that never was.

    A deployment that went back leaves its versions, and Lambda publishes no second one of the
    same code and settings: CloudFormation says that the version exists, and fails. Revision is
    one of the settings. The first 16 digits are of what is deployed, the others of when."""
    try:
        outputs = {output["OutputKey"]: output["OutputValue"] for output in json.loads(printed)}
    except (ValueError, TypeError, KeyError):
        outputs = {}  # no stack yet, or nobody may look
    live = outputs.get("DeployedRevision", "")
    if live[: len(content)] == content:
        return live
    return f"{content}{time.time_ns() // 1_000_000:012x}"


def functions():
    return [name for name in re.findall(r"^  ([A-Za-z]+):\n    Type: AWS::Serverless::Function$", template(), re.M) if name != GATE]


def concurrency():
    reserved = re.findall(r"ReservedConcurrentExecutions: !If \[Reserve, ([0-9]+),", template())
    return sum(map(int, reserved)) + UNRESERVED


def standing(expected, printed):
    """How a function stands, and whether that is its selftest at this revision."""
    try:
        answer = json.loads(printed[printed.index("{"):])
        report = json.loads(answer["Payload"]) if "Payload" in answer else answer
    except (ValueError, TypeError):
        return "no answer to the selftest", False
    if answer.get("FunctionError"):
        return f"the selftest failed: {report.get('errorMessage', report)}", False
    if report.get("revision") != expected:
        return f"live is at revision {report.get('revision') or 'none'}, not {expected}", False
    missing = [check["name"] for check in report.get("checks", []) if check["state"] == "not_configured"]
    return expected + (f" (not configured: {', '.join(missing)})" if missing else ""), True


def judge(expected, folder):
    failed = []
    for function in functions():
        line, well = standing(expected, (pathlib.Path(folder) / function).read_text(encoding="utf-8"))
        print(f"{function}: {line}")
        if not well:
            failed.append(function)
            print((pathlib.Path(folder) / f"{function}.log").read_text(encoding="utf-8"), end="")
    if failed:
        sys.exit(f"not live: {' '.join(failed)} (docs/deploying.md says what to look at)")


def main(command, *arguments):
    match command:
        case "stack":
            print(section(*arguments)["stack_name"])
        case "overrides":
            print("\n".join(overrides(arguments[0], arguments[1:])))
        case "revision":
            print(revision(arguments[0], arguments[1:]))
        case "attempt":
            print(attempt(arguments[0], sys.stdin.read()))
        case "functions":
            print("\n".join(functions()))
        case "concurrency":
            print(concurrency())
        case "judge":
            judge(*arguments)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:] or [""])
