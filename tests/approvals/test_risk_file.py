"""Files that tools touch: secrets, the machine's own, what runs by itself."""

import pytest
from hypothesis import given, settings

from approvals.canonical import Action
from approvals.risk import Context
from approvals.risk.context import Kind, Mapped, Role
from tests.approvals.assessed import actions, assert_sound, severities_in

SECRETS = [
    "~/.ssh/id_rsa", "/home/ana/.ssh/id_ed25519", "~/.aws/credentials", ".env",
    "app/.env.production", "~/.npmrc", "~/.pypirc", "~/.netrc", "~/.kube/config",
    "/etc/shadow", "/proc/self/environ", "terraform.tfstate", "server.key",
    r"C:\Users\ana\.ssh\id_rsa", "~/.docker/config.json", "wallet.dat", "%2essh/id_rsa",
    r"C:\Users\ana\AppData\Local\Google\Chrome\User Data\Default\Login Data",
    "~/.git-credentials", "file:///root/.ssh/id_rsa",
]  # fmt: skip
ORDINARY = [
    "src/app.py", "./README.md", "/home/ana/project/src/app.py", "/workspace/a.ts",
    "../lib/x.py", "docs/.env.example", "tests/data/key.txt", "/tmp/out.txt",
    r"C:\Users\ana\project\main.cs", "package.json", "src/secrets.py", "id_rsa.pub",
    "notes/etc/passwd.md", ".gitignore", "environment.yml", "/tmp",
]  # fmt: skip


@pytest.mark.parametrize("path", SECRETS)
@pytest.mark.parametrize("name", ["read_file", "write_file"])
def test_files_with_secrets_are_found_for_reading_and_writing(name, path):
    found = severities_in(name, {"path": path}, "file")
    assert found["file.credentials"] == "high"


def test_a_secret_that_is_attached_is_found():
    found = severities_in("mail.send", {"to": "x", "attach": "~/.ssh/id_rsa"}, "file")
    assert found["file.credentials"] == "high"


def test_projects_below_srv_are_no_part_of_the_machine():
    assert severities_in("write_file", {"path": "/srv/shop/app.py"}, "file") == {}
    assert severities_in("write_file", {"path": "/srv/x.conf"}, "file") != {}
    assert severities_in("directory_tree", {"path": "/usr/share"}, "file") == {}


@pytest.mark.parametrize("path", ORDINARY)
@pytest.mark.parametrize("name", ["read_file", "write_file", "edit_file"])
def test_ordinary_files_are_quiet(name, path):
    assert severities_in(name, {"path": path, "content": "x"}, "file") == {}


@pytest.mark.parametrize(
    "path",
    [
        "/etc/hosts",
        "/etc/nginx/nginx.conf",
        "/usr/bin/python",
        "/boot/grub.cfg",
        "/dev/sda",
        "../../../etc/cron.d/x",
        r"C:\Windows\System32\drivers\etc\hosts",
        "C:/Program Files/x/y.dll",
    ],
)
def test_files_of_the_machine_are_found_for_writing(path):
    found = severities_in("write_file", {"path": path}, "file")
    assert found["file.system"] in ("high", "critical")


@pytest.mark.parametrize("path", ["/var/log/syslog", r"\\server\share\x"])
def test_logs_and_shared_folders_are_less_grave(path):
    found = severities_in("write_file", {"path": path}, "file")
    assert found["file.system"] == "medium"


@pytest.mark.parametrize("path", ["/etc/passwd", "/proc/1/cmdline", "/sys/class/net"])
def test_reading_what_tells_about_the_machine_is_found(path):
    assert severities_in("read_file", {"path": path}, "file") == {
        "file.system": "medium"
    }


@pytest.mark.parametrize(
    ("path", "code", "severity"),
    [
        ("~/.bashrc", "file.startup", "high"),
        ("/home/ana/.zshrc", "file.startup", "high"),
        (".git/hooks/pre-commit", "file.startup", "high"),
        (".git/config", "file.startup", "high"),
        (".husky/pre-push", "file.startup", "high"),
        (".vscode/tasks.json", "file.startup", "high"),
        ("site-packages/x.pth", "file.startup", "high"),
        ("Documents/PowerShell/profile.ps1", "file.startup", "high"),
        (".github/workflows/ci.yml", "file.pipeline", "medium"),
        (".gitlab-ci.yml", "file.pipeline", "medium"),
        ("ci/Jenkinsfile", "file.pipeline", "medium"),
    ],
)
def test_what_will_run_by_itself_is_found_for_writing(path, code, severity):
    assert severities_in("write_file", {"path": path}, "file")[code] == severity
    assert severities_in("read_file", {"path": path}, "file") == {}


@pytest.mark.parametrize(
    "path",
    [
        "../../../../x.py", "a/../../../../../x", r"..\..\..\..\x", "..%2f..%2fx",
        "%2e%2e%2fx", "%2e%2e/x", "..%252f..%252fx", "..%c0%afx", "a.png\x00.php",
        "....//....//x",
    ],
)  # fmt: skip
def test_climbing_out_is_found(path):
    assert (
        severities_in("read_file", {"path": path}, "file")["file.traversal"] == "high"
    )


@pytest.mark.parametrize(
    ("name", "arguments", "code", "severity"),
    [
        ("delete_directory", {"path": "build"}, "file.deletes_directory", "medium"),
        ("delete_file", {"path": "/"}, "file.deletes_directory", "critical"),
        ("remove_file", {"path": "*"}, "file.deletes_directory", "critical"),
        ("delete_file", {"path": "data/"}, "file.deletes_directory", "medium"),
        ("chmod", {"path": "x", "mode": "777"}, "file.permissions", "high"),
        ("chmod_file", {"path": "x", "mode": "0o4755"}, "file.permissions", "high"),
        ("chmod_file", {"path": "x", "mode": "u+s"}, "file.permissions", "high"),
        ("set_file_mode", {"mode": 666}, "file.permissions", "high"),
        ("create_symlink", {"target": "/opt/x", "path": "y"}, "file.link", "medium"),
        (
            "move_file",
            {"source": "a", "destination": "~/.bashrc"},
            "file.startup",
            "high",
        ),
        ("upload_file", {"file": "~/.aws/credentials"}, "file.credentials", "high"),
        ("copy_file", {"a": "/etc/shadow"}, "file.credentials", "high"),
    ],
)
def test_finds_what_is_done_to_files(name, arguments, code, severity):
    assert severities_in(name, arguments, "file")[code] == severity


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("delete_file", {"path": "src/a.txt"}),
        ("chmod", {"path": "x", "mode": "644"}),
        ("chmod", {"path": "x", "mode": "0755"}),
        ("chmod", {"path": "x", "mode": "u+x"}),
        ("create_symlink", {"target": "a", "path": "b"}),
        ("move_file", {"source": "a", "destination": "b"}),
        ("list_directory", {"path": "/etc"}),
        ("Glob", {"path": "/usr/lib", "pattern": "*.so"}),
        ("Bash", {"command": "ls", "cwd": "/usr/local"}),
        ("search_flight", {"destination": "ROM"}),
        ("send_message", {"text": "look at /etc/passwd"}),
        ("http.get", {"url": "https://x.test/.env.example"}),
    ],
)
def test_other_actions_are_quiet(name, arguments):
    assert severities_in(name, arguments, "file") == {}


def test_policy_can_say_which_argument_is_the_path():
    mapped = Mapped(("store.put",), Kind.FILE, {Role.PATH: ("/arguments/key",)})
    arguments = {"key": ".github/workflows/x.yml"}
    assert severities_in("store.put", arguments, "file") == {}
    context = Context(actions=(mapped,))
    found = severities_in("store.put", arguments, "file", context=context)
    assert found == {"file.pipeline": "medium"}


@settings(max_examples=60, deadline=None)
@given(
    actions(
        ["write_file", "read_file", "delete_directory", "chmod", "create_symlink"],
        [
            "path",
            "mode",
            "target",
            "../",
            "/etc/",
            ".ssh/",
            "~",
            "%2e",
            "\\",
            "C:",
            "\x00",
            "777",
            "id_rsa",
            "/",
            "*",
            ".env",
            "file://",
        ],
    )
)
def test_never_fails_and_points_into_the_action(action):
    assert_sound(action, "file")


@pytest.mark.parametrize(
    "text", ["../" * 21_000, "%2e" * 21_000, "/" * 65_000, "~" * 65_000]
)
def test_long_paths_take_no_longer_than_their_size(text):
    assert_sound(Action("write_file", "bot", {"path": text, "content": text}), "file")
