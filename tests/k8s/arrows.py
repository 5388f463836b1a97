"""Who may speak with whom in the cluster: every arrow that exists, as (from, to, port). What is not here is refused."""
from services import NUMBERS, SERVICES

CLIENTS = (*SERVICES, "toolbox")
ARROWS = {(client, "kafka", 9092) for client in CLIENTS} | {(client, "postgres", 5432) for client in CLIENTS} | {
    ("toolbox", "gateway", 8080), ("elsewhere", "gateway", 8080)}

# Whom a test asks from, and what it tries to reach: `stranger` is any other pod of the namespace, `elsewhere` one of
# another namespace, `kubernetes` the API server.
FROM = (*CLIENTS, "kafka", "postgres", "stranger", "elsewhere")
TO = [("kafka", 9092), ("kafka", 19092), ("postgres", 5432), ("gateway", 8080), *((name, NUMBERS[name]) for name in SERVICES)]
