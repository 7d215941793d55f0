"""An object store for the tests: S3Proxy, which checks every signature, on loopback and in memory.

    with ObjectStore() as store:
        store.environment      what a service is given, beside RECORDINGS_URL
        store.stop(), store.start()   what it held is gone then: it is in memory

`store.keys` and the rest look at it by curl, which signs by itself. S3PROXY_HOME has its jars, JAVA the program.
"""
import os
import pathlib
import re
import subprocess
import tempfile
import urllib.parse

from stack import free_port, get_status, until

KEY, SECRET, BUCKET = "key-of-the-tests", "hush-of-the-tests", "calls-of-the-tests"
CACHE = pathlib.Path(os.environ.get("CALLMILL_CACHE") or pathlib.Path.home() / ".cache" / "callmill")
QUIET = """<configuration><appender name="out" class="ch.qos.logback.core.ConsoleAppender"><encoder>
<pattern>%d %level %logger %msg%n</pattern></encoder></appender><root level="WARN"><appender-ref ref="out"/></root></configuration>"""


class ObjectStore:
    def __init__(self, secret=SECRET):
        self.secret = secret
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.environment = {"S3_ENDPOINT": self.endpoint, "S3_ACCESS_KEY_ID": KEY, "S3_SECRET_ACCESS_KEY": secret}
        self.folder = tempfile.TemporaryDirectory(prefix="callmill-s3-")
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        self.folder.cleanup()

    def start(self):
        folder = pathlib.Path(self.folder.name)
        jars = os.environ.get("S3PROXY_HOME") or max(CACHE.glob("s3proxy-*"))
        java = os.environ.get("JAVA") or max(CACHE.glob("java-*")) / "bin" / "java"
        (folder / "logback.xml").write_text(QUIET)
        (folder / "s3proxy.conf").write_text(
            f"s3proxy.endpoint={self.endpoint}\ns3proxy.authorization=aws-v4\ns3proxy.identity={KEY}\n"
            f"s3proxy.credential={self.secret}\njclouds.provider=transient\njclouds.identity=x\njclouds.credential=x\n")
        with open(folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [java, "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", f"-Dlogback.configurationFile={folder}/logback.xml",
                 "-cp", f"{jars}/*", "org.gaul.s3proxy.Main", "--properties", folder / "s3proxy.conf"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until("the object store up", 60, lambda: get_status(self.endpoint + "/") is not None)
        assert self.curl("-X", "PUT", path="") == "200", (folder / "log").read_text()[-2000:]

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def curl(self, *arguments, path, output=os.devnull):
        """The status of a signed request for something in the bucket."""
        done = subprocess.run(
            ["curl", "-s", "-o", output, "-w", "%{http_code}", "--max-time", "30", "--aws-sigv4", "aws:amz:us-east-1:s3",
             "-K", "-", "-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD", *arguments, f"{self.endpoint}/{BUCKET}{path}"],
            input=f'user = "{KEY}:{self.secret}"\n', capture_output=True, text=True, timeout=60)
        return done.stdout

    def read(self, key):
        """What is under a key; None: nothing."""
        with tempfile.NamedTemporaryFile() as to:
            status = self.curl(path="/" + urllib.parse.quote(key), output=to.name)
            return pathlib.Path(to.name).read_bytes() if status == "200" else None

    def keys(self):
        with tempfile.NamedTemporaryFile() as to:
            assert self.curl(path="?list-type=2", output=to.name) == "200"
            return sorted(re.findall(r"<Key>(.*?)</Key>", pathlib.Path(to.name).read_text()))
