"""If these fail, a client written from openapi.yaml meets answers that it was not promised."""
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = ROOT / "tests/contract"


@pytest.fixture(scope="module")
def tokens(stack, towns):
    return {"auditor": stack.env["AUDITOR_TOKEN"],
            "upstream": stack.admin("token", "add", "--role", "upstream", "--source", next(towns).source).stdout.strip()}


@pytest.mark.parametrize("role", ["auditor", "upstream"])
def test_schemathesis_finds_nothing(stack, tokens, role):
    command = [Path(sys.executable).parent / "st", "--config-file", CONTRACT / "schemathesis.toml", "run",
               ROOT / "build/openapi.json", "--url", stack.env["GATEWAY_URL"] + "/api/v1", "--seed", "1",
               "--max-examples", os.environ.get("EXAMPLES", "25"), "-H", f"Authorization: Bearer {tokens[role]}",
               "--suppress-health-check", "all", "--no-color"]
    done = subprocess.run(command, env={**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(CONTRACT)},
                          capture_output=True, text=True, timeout=300, cwd=stack.run_dir)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
