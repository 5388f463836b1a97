"""A system whose Kafka asks everybody who they are, set as Compose sets its own: scripts/kafka/secure.properties, a
certificate by docker/services/certificate.sh, a user for each program and for sources.

Two ways to show who one is: `client(user)` by SCRAM, as in Compose, is for the tests' own client; `login(user)` by PLAIN, over
the same TLS, for programs. A librdkafka before 2.6.1, as Debian 12's is, sends a nonce by SCRAM that no Kafka 4 takes."""
import secrets

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from conftest import BUILD, ROOT, System
from daemon import run
from programs import SCRIPTS, Kafka, inherited_env
from services import PROGRAMS
from stack import Stack, random_port, random_ports

SUPERUSER = "kafka"


class SecuredKafka(Kafka):
    deadline = 120  # its own first connection, to itself, waits for all that TLS loads

    def __init__(self, name, stack):
        super().__init__(name, stack)
        self.local = random_port()

    @property
    def ca(self):
        return self.home / "ca.pem"

    def _write_settings(self, data):
        file = super()._write_settings(data)
        inside, controller = (f"127.0.0.1:{self.stack.ports[name]}" for name in ("kafka", "controller"))
        listeners = f"INSIDE://{inside},LOCAL://127.0.0.1:{self.local}"
        plain = " ".join(f'user_{user}="{self.stack.passwords[user]}"' for user in self.stack.users)
        own = {"sasl.enabled.mechanisms": "SCRAM-SHA-512,PLAIN",
               "listener.name.inside.plain.sasl.jaas.config":
                   f"org.apache.kafka.common.security.plain.PlainLoginModule required {plain};",
               "listeners": f"{listeners},CONTROLLER://{controller}", "advertised.listeners": listeners,
               "ssl.keystore.location": self.home / "kafka.pem", "ssl.truststore.location": self.ca}
        file.write_text(file.read_text() + (SCRIPTS / "kafka/secure.properties").read_text()
                        + "".join(f"{name}={value}\n" for name, value in own.items()))
        return file

    def prepare(self):
        script = ROOT / "docker/services/certificate.sh"
        pem = run(["sh", script, SUPERUSER, "serverAuth,clientAuth", "IP:127.0.0.1"], "certificate.sh", cwd=self.home)
        (self.home / "kafka.pem").write_text(pem)
        users = (f"--add-scram\nSCRAM-SHA-512=[name={user},password={self.stack.passwords[user]}]\n" for user in self.stack.users)
        (self.home / "users").write_text("".join(users))
        super().prepare()

    @property
    def format_arguments(self):
        return (f"@{self.home}/users",)

    def ready(self):
        try:
            return bool(AdminClient(self.stack.client(SUPERUSER) | {"log_level": 0}).list_topics(timeout=5).brokers)
        except KafkaException:
            return False


class SecuredStack(Stack):
    def __init__(self, *args, sources=(), **options):
        super().__init__(*args, **options)
        self.users = [SUPERUSER, *(f"terukur-{name}" for name in PROGRAMS), *(f"terukur-source-{code}" for code in sources)]
        self.passwords = {user: secrets.token_hex(24) for user in self.users}
        self.programs["kafka"] = SecuredKafka("kafka", self)

    def _settle(self, names):
        super()._settle(names)
        for name in PROGRAMS:
            self.overrides[name].update(self.login(f"terukur-{name}"))

    def client(self, user):
        """As the client library calls it."""
        return {"bootstrap.servers": self.addresses()["KAFKA_BROKERS"], "security.protocol": "SASL_SSL",
                "sasl.mechanism": "SCRAM-SHA-512", "sasl.username": user, "sasl.password": self.passwords[user],
                "ssl.ca.location": str(self.programs["kafka"].ca)}

    def login(self, user):
        settings = self.client(user) | {"sasl.mechanism": "PLAIN"}
        brokers = settings.pop("bootstrap.servers")
        return {"KAFKA_BROKERS": brokers, **{f"KAFKA_{name.upper().replace('.', '_')}": v for name, v in settings.items()}}

    def admin(self, *args, **options):
        env = {**inherited_env(), "DATABASE_URL": self.database_url(), **self.login(SUPERUSER)}
        return run([self.build / "admin", *map(str, args)], f"admin {' '.join(map(str, args))}", env=env, **options)


class Secured(System):
    def __init__(self, run_dir, sources):
        self.run_dir = run_dir
        self.processes = SecuredStack(run_dir, ports=random_ports(), build=BUILD, quiet=True, sources=sources)
        self._db = self._producer = None

    def run(self, name, *args, env=None, **options):
        return super().run(name, *args, env={**self.processes.login(f"terukur-{name}"), **(env or {})}, **options)
