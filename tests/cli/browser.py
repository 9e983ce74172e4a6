# SPDX-License-Identifier: MIT
"""A headless Chromium for the tests of pages, driven over its debugging pipe; nothing but the standard library."""
import base64
import fcntl
import itertools
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

CHROMIUM = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
DESKTOP, PHONE = (1280, 900), (390, 844)


class Browser:
    """One process; open() gives tabs."""

    def __init__(self, timeout=120):
        self.timeout, self.ids, self.buffer, self.events = timeout, itertools.count(1), b"", []
        self.profile = tempfile.mkdtemp(prefix="proctor-browser-")
        to_read, self.to = os.pipe()
        self.back, back_write = os.pipe()
        command = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                   "--disable-extensions", "--disable-background-networking", "--hide-scrollbars", "--remote-debugging-pipe",
                   f"--user-data-dir={self.profile}", "about:blank"]
        # Descriptors 3 and 4 are where the browser looks; a shell moves ours there, from above both.
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (to_read, back_write)]
        shell = f'exec 3<&{high[0]} 4>&{high[1]}; exec "$@"'
        self.process = subprocess.Popen(["bash", "-c", shell, "browser", *command], pass_fds=high, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for fd in {to_read, back_write, *high}:
            os.close(fd)

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for fd in (self.to, self.back):
            os.close(fd)
        shutil.rmtree(self.profile, ignore_errors=True)

    def call(self, method, session=None, **params):
        number = next(self.ids)
        message = {"id": number, "method": method, "params": params, **({"sessionId": session} if session else {})}
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        reply = self._until(lambda m: m.get("id") == number)
        if "error" in reply:
            raise RuntimeError(f"{method}: {reply['error']}")
        return reply["result"]

    def wait_event(self, method, session):
        return self._until(lambda m: m.get("method") == method and m.get("sessionId") == session)

    def _until(self, wanted):
        for message in self.events:
            if "id" not in message and wanted(message):
                return message
        end = time.monotonic() + self.timeout
        while True:
            while b"\0" in self.buffer:
                line, self.buffer = self.buffer.split(b"\0", 1)
                message = json.loads(line)
                self.events.append(message)
                if wanted(message):
                    return message
            ready, _, _ = select.select([self.back], [], [], max(0, end - time.monotonic()))
            data = os.read(self.back, 1 << 16) if ready else b""
            if not data:
                raise TimeoutError("the browser does not answer" if not ready else "the browser ended")
            self.buffer += data

    def open(self, path, size=DESKTOP, scheme="light", media="screen"):
        return Tab(self, path, size, scheme, media)


class Tab:
    """One page, loaded to its end, with what it did on the way."""

    def __init__(self, browser, path, size, scheme, media):
        self.browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ["Page", "Runtime", "Log", "Network"]:
            self.call(f"{domain}.enable")
        width, height = size
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Page.navigate", url=path.resolve().as_uri())
        browser.wait_event("Page.loadEventFired", self.session)

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def js(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"])
        return result["result"].get("value")

    def _mine(self, *methods):
        return [e["params"] for e in self.browser.events if e.get("sessionId") == self.session and e.get("method") in methods]

    def requests(self):
        return [e["request"]["url"] for e in self._mine("Network.requestWillBeSent")]

    def complaints(self):
        """Console messages, errors, blocked requests."""
        return self._mine("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")

    def screenshot(self, path, whole=True):
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole,
                         **({"clip": {**self.js("({x:0,y:0,width:innerWidth,height:document.documentElement.scrollHeight})"), "scale": 1}} if whole else {}))
        path.write_bytes(base64.b64decode(data["data"]))

    def pdf(self):
        return base64.b64decode(self.call("Page.printToPDF", printBackground=False)["data"])
