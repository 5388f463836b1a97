"""A client of the gateway, and the tokens that it comes with."""
import http.client
import json
from urllib.parse import urlencode, urlsplit


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode()


def ask(stack, method, path, token=None, body=None, **headers):
    url = urlsplit(stack.env["GATEWAY_URL"])
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
    if token:
        headers["Authorization"] = f"Bearer {token}"
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        return Answer(connection.getresponse())
    finally:
        connection.close()


def token(stack, role, *options):
    return stack.admin("token", "add", "--role", role, *options).stdout.split()[-1]


def problem(answer, status, code):
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json"), answer.body
    assert (answer.json["status"], answer.json["code"]) == (status, code)
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]
    return answer.json


def sign_in(stack, token, to=None, **headers):
    form = {"token": token, **({"to": to} if to else {})}
    return ask(stack, "POST", "/session", None, urlencode(form), Content_Type="application/x-www-form-urlencoded",
               **headers)


def cookie_of(stack, token):
    return sign_in(stack, token).headers["Set-Cookie"].split(";")[0]
