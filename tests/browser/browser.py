"""Debian's Chromium by its WebDriver: as much of the W3C's protocol as the tests speak.

    with Driver() as driver, driver.browser(width=360) as browser:
        browser.go(url).follow("Keluar").text()
"""
import base64
import json
import re
import subprocess
import tempfile
from contextlib import contextmanager
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from daemon import wait_until

FLAGS = ("--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
         "--disable-component-update --disable-sync --hide-scrollbars --force-prefers-reduced-motion").split()
KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Space": "\ue00d", "Shift": "\ue008"}
JAVASCRIPT_OFF = {"profile.managed_default_content_settings.javascript": 2}


class Driver:
    def __enter__(self):
        self.process = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.process.stdout:
            if found := re.search(r"started successfully on port (\d+)", line):
                self.url = f"http://127.0.0.1:{found[1]}"
                return self
        raise RuntimeError("chromedriver did not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)

    def ask(self, method, path, body=None):
        request = Request(self.url + path, None if method != "POST" else json.dumps(body or {}).encode(),
                          {"Content-Type": "application/json"}, method=method)
        try:
            with urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except HTTPError as e:
            raise RuntimeError(json.load(e)["value"]["message"]) from e

    @contextmanager
    def browser(self, width=360, height=740, language="id", javascript=False):
        with tempfile.TemporaryDirectory() as profile:
            options = {"args": [*FLAGS, f"--user-data-dir={profile}", f"--lang={language}"], "prefs": {
                "intl.accept_languages": language, **({} if javascript else JAVASCRIPT_OFF)},
                # A window is no narrower than 500: a telephone is emulated.
                "mobileEmulation": {"deviceMetrics": {"width": width, "height": height, "pixelRatio": 1, "touch": False}}}
            session = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}})
            try:
                yield Browser(self, f"/session/{session['sessionId']}")
            finally:
                self.ask("DELETE", f"/session/{session['sessionId']}")


class Browser:
    def __init__(self, driver, path):
        self.driver, self.path = driver, path

    def post(self, what, **body):
        return self.driver.ask("POST", f"{self.path}/{what}", body)

    def get(self, what):
        return self.driver.ask("GET", f"{self.path}/{what}")

    def go(self, url):
        self.post("url", url=url)
        return self

    @property
    def url(self):
        return self.get("url")

    @property
    def source(self):
        return self.get("source")

    def run(self, script, *args):
        """The driver's own script, which runs even where a page's may not."""
        return self.post("execute/sync", script=script, args=[*args])

    def text(self):
        return self.run("return document.body.innerText")

    def press(self, *keys):
        """Each key down and up; "Shift+Tab" is both."""
        actions = []
        for key in keys:
            parts = [KEYS.get(part, part) for part in key.split("+")]
            actions += [{"type": "keyDown", "value": part} for part in parts]
            actions += [{"type": "keyUp", "value": part} for part in reversed(parts)]
        self.post("actions", actions=[{"type": "key", "id": "keyboard", "actions": actions}])

    def type(self, text):
        self.press(*text)

    def focused(self):
        """What has the focus: its text, or its id."""
        return self.run("const e = document.activeElement; return e === document.body ? '' : (e.innerText || e.id).trim()")

    def tab_to(self, text, most=200):
        """Goes on with the Tab key until something has the focus whose text begins so."""
        for _ in range(most):
            self.press("Tab")
            if self.focused().startswith(text):
                return self
        raise AssertionError(f"the keyboard does not reach {text!r}")

    def enter(self):
        """Presses Enter, and waits for the page that comes of it."""
        self.run("document.documentElement.dataset.left = 1")
        self.press("Enter")
        assert wait_until(lambda: self.run("return document.readyState === 'complete' && !document.documentElement.dataset.left"), 20)
        return self

    def follow(self, text):
        return self.tab_to(text).enter()

    def unfold(self, text):
        """Opens what unfolds in its place."""
        self.tab_to(text).press("Enter")
        return self

    def height(self):
        return self.run("return document.documentElement.scrollHeight")

    def screenshot(self, path, whole=True):
        """A PNG of the page, or of what the window shows."""
        found = self.driver.ask("POST", f"{self.path}/goog/cdp/execute", {"cmd": "Page.captureScreenshot", "params": {
            "captureBeyondViewport": whole, **({"clip": {"x": 0, "y": 0, "scale": 1, **self.run(
                "return {width: innerWidth, height: document.documentElement.scrollHeight}")}} if whole else {})}})
        path.write_bytes(base64.b64decode(found["data"]))

    def pdf(self):
        return base64.b64decode(self.driver.ask("POST", f"{self.path}/print", {"page": {"width": 21.0, "height": 29.7}}))
