"""Functions and modules of Python by what they do, as tables."""

from approvals.risk.findings import Severity
from approvals.risk.tables import names

_L, _M = Severity.LOW, Severity.MEDIUM
_H, _C = Severity.HIGH, Severity.CRITICAL

Rule = tuple[str, Severity, str]
"""Code, severity, what it does."""


def _all(text: str, code: str, severity: Severity, message: str) -> dict[str, Rule]:
    return dict.fromkeys(names(text), (code, severity, message))


FUNCTIONS: dict[str, Rule] = {
    **_all(
        "os.remove os.unlink os.rmdir os.removedirs os.truncate send2trash.send2trash",
        "code.delete",
        _H,
        "deletes files",
    ),
    **_all("shutil.rmtree", "code.delete", _C, "deletes folders"),
    **_all(
        "os.rename os.replace os.renames shutil.move",
        "code.change",
        _M,
        "moves or replaces files",
    ),
    **_all(
        "os.kill os.killpg os.abort os._exit", "code.stop", _H, "ends other processes"
    ),
    **_all("os.fork os.forkpty", "code.stop", _M, "multiplies itself"),
    **_all(
        "os.chmod os.chown os.lchown os.chflags os.umask shutil.chown",
        "code.privilege",
        _M,
        "changes access rights",
    ),
    **_all(
        "os.setuid os.setgid os.seteuid os.setegid os.chroot os.setresuid",
        "code.privilege",
        _H,
        "acts as another user",
    ),
    **_all(
        "os.system os.popen subprocess.run subprocess.call subprocess.check_call"
        " subprocess.check_output subprocess.Popen subprocess.getoutput"
        " subprocess.getstatusoutput commands.getoutput popen2.popen2"
        " asyncio.create_subprocess_shell asyncio.create_subprocess_exec"
        " os.posix_spawn os.posix_spawnp os.startfile runpy.run_path runpy.run_module"
        " sh.Command pexpect.spawn pexpect.run invoke.run fabric.Connection"
        " plumbum.local",
        "code.runs_program",
        _M,
        "runs other programs",
    ),
    **_all(
        "pickle.load pickle.loads pickle.Unpickler cPickle.loads cPickle.load dill.load"
        " dill.loads marshal.loads marshal.load shelve.open jsonpickle.decode"
        " joblib.load pandas.read_pickle yaml.unsafe_load yaml.full_load"
        " cloudpickle.load"
        " cloudpickle.loads torch.load",
        "code.deserialisation",
        _M,
        "loads data that can contain a program",
    ),
    **_all(
        "eval exec compile execfile __import__ importlib.import_module builtins.eval"
        " builtins.exec builtins.compile types.FunctionType types.CodeType"
        " code.interact code.InteractiveInterpreter"
        " importlib.util.spec_from_file_location imp.load_source ctypes.CDLL"
        " ctypes.cdll.LoadLibrary ctypes.PyDLL ctypes.WinDLL cffi.FFI sys.settrace"
        " __builtins__.eval __builtins__.exec",
        "code.dynamic",
        _H,
        "makes or loads code while it runs",
    ),
    **_all(
        "urllib.request.urlopen urllib.request.urlretrieve urllib.request.Request"
        " urllib2.urlopen requests.get requests.head requests.options httpx.get"
        " httpx.head urllib3.PoolManager urllib3.request aiohttp.ClientSession"
        " requests.Session httpx.Client httpx.AsyncClient socket.gethostbyname"
        " socket.getaddrinfo webbrowser.open wget.download http.client.HTTPSConnection"
        " http.client.HTTPConnection",
        "code.network",
        _L,
        "asks another machine",
    ),
    **_all(
        "requests.post requests.put requests.patch requests.delete requests.request"
        " httpx.post httpx.put httpx.patch httpx.delete httpx.request smtplib.SMTP"
        " smtplib.SMTP_SSL ftplib.FTP ftplib.FTP_TLS paramiko.SSHClient"
        " paramiko.Transport telnetlib.Telnet imaplib.IMAP4_SSL poplib.POP3_SSL"
        " websocket.create_connection websockets.connect pysftp.Connection"
        " twilio.rest.Client slack_sdk.WebClient sendgrid.SendGridAPIClient",
        "code.network",
        _M,
        "sends to another machine",
    ),
    **_all(
        "socket.socket socket.create_connection socket.create_server"
        " socketserver.TCPServer http.server.HTTPServer asyncio.open_connection"
        " asyncio.start_server xmlrpc.server.SimpleXMLRPCServer",
        "code.network",
        _H,
        "opens network connections of its own",
    ),
    **_all(
        "keyring.get_password keyring.set_password getpass.getpass"
        " browser_cookie3.chrome browser_cookie3.load pyperclip.paste"
        " pynput.keyboard.Listener PIL.ImageGrab.grab pyautogui.screenshot mss.mss",
        "code.credentials",
        _H,
        "reads passwords, keys pressed or the screen",
    ),
    **_all("pty.spawn pty.fork", "code.runs_program", _H, "starts a terminal"),
    **_all("pip.main ensurepip.bootstrap", "code.change", _M, "installs packages"),
}
PREFIXES: tuple[tuple[str, Rule], ...] = (
    ("os.exec", ("code.runs_program", _M, "runs other programs")),
    ("os.spawn", ("code.runs_program", _M, "runs other programs")),
    ("socketserver.", ("code.network", _H, "opens network connections of its own")),
    ("winreg.", ("code.change", _H, "changes the system's settings")),
    ("boto3.", ("code.network", _L, "talks to a cloud")),
)
METHODS: dict[str, Rule] = {
    **_all("unlink rmdir rmtree", "code.delete", _H, "deletes files"),
    **_all(
        "drop_database drop_collection drop_all drop_table drop_tables dropDatabase"
        " deleteMany flushall flushdb delete_bucket delete_table delete_db_instance"
        " delete_db_cluster delete_stack terminate_instances delete_cluster"
        " delete_namespace delete_namespaced_deployment delete_repository rmi",
        "code.delete",
        _C,
        "deletes a database or what holds data",
    ),
    **_all(
        "delete delete_one delete_many delete_object delete_objects delete_item"
        " delete_user delete_role delete_file delete_message delete_records destroy"
        " terminate remove_user trash drop_index",
        "code.delete",
        _M,
        "deletes something",
    ),
    **_all(
        "put_user_policy attach_user_policy attach_role_policy put_role_policy"
        " create_access_key create_login_profile add_user_to_group put_bucket_policy"
        " put_bucket_acl put_public_access_block authorize_security_group_ingress"
        " set_iam_policy update_assume_role_policy",
        "code.privilege",
        _H,
        "gives rights",
    ),
    **_all(
        "sendmail send_message send_email send_mail chat_postMessage send_raw_email",
        "code.network",
        _M,
        "sends messages",
    ),
    **_all("send_signal kill", "code.stop", _M, "ends processes"),
    **_all(
        "invoke_shell exec_command send_command exec_run",
        "code.runs_program",
        _M,
        "runs programs elsewhere",
    ),
    **_all("write_text write_bytes", "code.writes_file", _L, "writes files"),
}
"""Methods whose name tells, on whatever object."""
SQL_METHODS = names(
    "execute executescript executemany read_sql read_sql_query raw text"
)
SHELL_CALLS = names(
    "os.system os.popen subprocess.run subprocess.call subprocess.check_call"
    " subprocess.check_output subprocess.Popen subprocess.getoutput"
    " subprocess.getstatusoutput asyncio.create_subprocess_shell"
    " asyncio.create_subprocess_exec pexpect.spawn pexpect.run"
)
"""What they get as their first argument is a command."""
DECODERS = names(
    "base64.b64decode base64.b32decode base64.b85decode base64.a85decode"
    " base64.urlsafe_b64decode base64.decodebytes bytes.fromhex binascii.unhexlify"
    " binascii.a2b_base64 zlib.decompress codecs.decode lzma.decompress gzip.decompress"
)
MODULES = names(
    "__future__ abc argparse array ast asyncio base64 binascii bisect calendar cmath"
    " codecs collections contextlib copy csv dataclasses datetime decimal difflib enum"
    " errno fractions functools gc glob gzip hashlib heapq hmac html http inspect io"
    " ipaddress itertools json keyword locale logging lzma math mimetypes numbers"
    " operator os pathlib pickle platform pprint queue random re secrets shlex shutil"
    " signal socket sqlite3 statistics string struct subprocess sys sysconfig tarfile"
    " tempfile textwrap threading time timeit token tokenize traceback types typing"
    " unicodedata unittest urllib uuid warnings weakref xml zipfile zlib zoneinfo"
    " bs4 dateutil docx fitz httpx jinja2 jsonschema lxml matplotlib networkx"
    " nltk numpy"
    " openpyxl pandas PIL plotly polars psycopg psycopg2 pyarrow pydantic pymongo pypdf"
    " PyPDF2 pytest pytz redis requests rich scipy seaborn sklearn sqlalchemy"
    " statsmodels"
    " sympy tabulate tqdm yaml boto3 torch tensorflow transformers xlsxwriter cv2"
    " importlib ctypes marshal multiprocessing concurrent smtplib ftplib email getpass"
    " builtins code runpy pty winreg keyring paramiko dill joblib shelve webbrowser"
)
"""Modules whose dangerous functions stand above; others could do anything."""
