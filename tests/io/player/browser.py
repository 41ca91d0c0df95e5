"""Pages in headless Chromium, by its debugging protocol over a pipe; needs nothing but Python.

    with Browser() as browser:
        page = browser.open(path)           # waits until it is loaded
        page.value("document.title")        # what an expression gives
        page.problems                       # errors and warnings of the console, exceptions, requests to a network
"""

import base64
import json
import os
import pathlib
import select
import subprocess
import tempfile
import time

TIMEOUT = 60  # s, of one answer


class Browser:
    def __init__(self):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        to_read, self.to_browser = os.pipe()
        self.from_browser, to_write = os.pipe()

        def connect():  # the protocol is on 3 (to the browser) and 4
            sources = [os.dup(to_read), os.dup(to_write)]  # beyond 3 and 4, which are in use
            for place, source in enumerate(sources, 3):
                os.dup2(source, place)

        arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe",
                     f"--user-data-dir={self.profile.name}", "about:blank"]
        self.process = subprocess.Popen(["chromium", *arguments], preexec_fn=connect, close_fds=False,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(to_write)
        self.buffer = b""
        self.count = 0
        self.pages = {}

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.terminate()
        self.process.wait(TIMEOUT)
        os.close(self.to_browser)
        os.close(self.from_browser)
        self.profile.cleanup()

    def call(self, method, session=None, **parameters):
        self.count += 1
        message = {"id": self.count, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        text = json.dumps(message).encode() + b"\0"
        while text:
            text = text[os.write(self.to_browser, text):]
        number = self.count
        answer = self.wait(lambda message: message.get("id") == number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def wait(self, wanted):
        """The next message that is wanted; the others go to their pages."""
        end = time.monotonic() + TIMEOUT
        while True:
            while b"\0" in self.buffer:
                text, self.buffer = self.buffer.split(b"\0", 1)
                message = json.loads(text)
                if message.get("sessionId") in self.pages:
                    self.pages[message["sessionId"]].hear(message)
                if wanted(message):
                    return message
            if not select.select([self.from_browser], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            more = os.read(self.from_browser, 1 << 16)
            if not more:
                raise RuntimeError("the browser has ended")
            self.buffer += more

    def open(self, path, dark=False, width=900, height=700):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self.pages[session] = Page(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.call(f"{domain}.enable")
        page.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        page.theme(dark)
        page.call("Page.navigate", url=pathlib.Path(path).resolve().as_uri())
        self.wait(lambda message: message.get("method") == "Page.loadEventFired" and message["sessionId"] == session)
        return page


class Page:
    def __init__(self, browser, session):
        self.browser, self.session, self.problems = browser, session, []

    def hear(self, message):
        method, what = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.problems.append(what["exceptionDetails"].get("exception", {}).get("description", "an exception"))
        if method == "Runtime.consoleAPICalled" and what["type"] in ("error", "warning", "assert"):
            self.problems.append(str(what["args"]))
        if method == "Log.entryAdded" and what["entry"]["level"] in ("error", "warning"):
            self.problems.append(what["entry"]["text"])
        if method == "Network.requestWillBeSent" and not what["request"]["url"].startswith(("file:", "data:")):
            self.problems.append(f"a request to {what['request']['url']}")

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def value(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def until(self, expression, seconds=20):
        """Waits until the expression is true."""
        end = time.monotonic() + seconds
        while not self.value(expression):
            if time.monotonic() > end:
                raise TimeoutError(f"not within {seconds} s: {expression}")
            time.sleep(0.05)

    def theme(self, dark):
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def press(self, key, code=None):
        """A key, such as "Tab", " " or "ArrowRight"."""
        virtual = {"Tab": 9, "Enter": 13, " ": 32, "ArrowLeft": 37, "ArrowRight": 39, "ArrowDown": 40, "Home": 36,
                   "End": 35, "Escape": 27}[key]
        text = {" ": " ", "Enter": "\r"}.get(key)
        kind = {"type": "keyDown", "text": text} if text else {"type": "rawKeyDown"}
        names = {"key": key, "code": code or ("Space" if key == " " else key), "windowsVirtualKeyCode": virtual}
        self.call("Input.dispatchKeyEvent", **kind, **names)
        self.call("Input.dispatchKeyEvent", type="keyUp", **names)

    def screenshot(self, path):
        pathlib.Path(path).write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))
