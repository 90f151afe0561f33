"""Software that gets installed: which, from where, and names in disguise."""

import shlex
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.canonical import Action
from approvals.risk import Context, assess
from approvals.risk.context import Kind, Mapped, Role
from approvals.risk.findings import Severity
from approvals.risk.packages import of_command
from approvals.risk.packages_ecosystems import Ecosystem
from approvals.risk.packages_known import (
    _names,
    is_known,
    is_listed,
    resemblance,
)
from approvals.risk.tables import lines_of
from tests.approvals.assessed import actions, assert_sound, found_in, severities_in

PYPI, NPM = Ecosystem.PYPI, Ecosystem.NPM
PROGRAMS = ["pip", "npm", "npx", "uv", "yarn", "go", "cargo", "dotnet", "python"]
LISTED = [one for one in Ecosystem if is_listed(one)]


def codes_of(command):
    """Code to severity of what a command installs."""
    return {one.code: one.severity.value for one in of_command(shlex.split(command))}


@pytest.mark.parametrize(
    ("ecosystem", "name", "known"),
    [
        (PYPI, "reqeusts", "requests"),
        (PYPI, "requestss", "requests"),
        (PYPI, "tenserflow", "tensorflow"),
        (PYPI, "djang0", "django"),
        (PYPI, "rеquests", "requests"),
        (PYPI, "jeIlyfish", "jellyfish"),
        (PYPI, "scikitlearn", "scikit-learn"),
        (PYPI, "setup-tools", "setuptools"),
        (PYPI, "dateutil-python", "python-dateutil"),
        (PYPI, "python-requests", "requests"),
        (PYPI, "colorama-py", "colorama"),
        (PYPI, "requseets", "requests"),
        (PYPI, "cryptograhpyy", "cryptography"),
        (PYPI, "flaskpy", "flask"),
        (PYPI, "requests-auth-helper", "requests"),
        (PYPI, "numpy-requests", "numpy"),
        (NPM, "nodeexpress", "express"),
        (NPM, "expressjs-core", "express"),
        (NPM, "react-utils-pro", "react"),
        (Ecosystem.GO, "github.com/sirupsen-go/logrus", "github.com/sirupsen/logrus"),
        (NPM, "lodahs", "lodash"),
        (NPM, "loadsh", "lodash"),
        (NPM, "axois", "axios"),
        (NPM, "crossenv", "cross-env"),
        (NPM, "types-node", "@types/node"),
        (NPM, "babelcli", "@babel/cli"),
        (NPM, "electorn", "electron"),
        (NPM, "@typescript_eslinter/parser", "@typescript-eslint"),
        (Ecosystem.RUBYGEMS, "rials", "rails"),
        (Ecosystem.CRATES, "tokoi", "tokio"),
        (Ecosystem.GO, "github.com/sirupsem/logrus", "github.com/sirupsen/logrus"),
        (Ecosystem.PACKAGIST, "symfont/process", "symfony/process"),
        (Ecosystem.NUGET, "Newtonsoft.Jsom", "newtonsoft.json"),
        (Ecosystem.MAVEN, "com.google.guave:guava", "com.google.guava:guava"),
    ],
)
def test_finds_names_that_can_be_taken_for_others(ecosystem, name, known):
    found = resemblance(ecosystem, name)
    assert found is not None
    assert (found.known, found.is_close) == (known, True)


@pytest.mark.parametrize(
    ("ecosystem", "name"),
    [
        (PYPI, "requests"),
        (PYPI, "python_dateutil"),
        (PYPI, "Django"),
        (PYPI, "our-company-billing"),
        (PYPI, "pytest-our-billing"),
        (PYPI, "django-requests"),
        (PYPI, "sklearn"),
        (NPM, "react"),
        (NPM, "preact"),
        (NPM, "@types/some-thing-new"),
        (NPM, "@our-company/ui"),
        (NPM, "our-company-ui"),
        (Ecosystem.GO, "github.com/gin-gonic/gin/v2"),
        (Ecosystem.GO, "golang.org/x/crypto/ssh"),
        (Ecosystem.OTHER, "reqeusts"),
    ],
)
def test_known_and_unlike_names_are_no_lookalikes(ecosystem, name):
    assert resemblance(ecosystem, name) is None


@pytest.mark.parametrize(
    ("ecosystem", "name", "known"),
    [
        (NPM, "@somebody/lodash", "lodash"),
    ],
)
def test_a_known_name_in_another_scope_is_only_a_note(ecosystem, name, known):
    found = resemblance(ecosystem, name)
    assert found is not None
    assert (found.known, found.is_close) == (known, False)


@pytest.mark.parametrize("ecosystem", LISTED)
def test_no_known_name_is_a_lookalike_of_another(ecosystem):
    listed = lines_of(f"packages_{ecosystem}.txt")
    assert len(listed) >= 100
    assert not [name for name in listed if resemblance(ecosystem, name)]
    assert all(is_known(ecosystem, name) for name in listed)


def test_a_list_says_where_it_is_from():
    from approvals.risk import tables

    for file in tables._DATA.glob("*.txt"):
        first = file.read_text(encoding="utf-8").splitlines()[0]
        assert first.startswith("#")
        assert "licen" in first.lower(), file


def test_a_name_is_looked_up_in_a_fifth_of_a_millisecond():
    names = [f"package-number-{at}-of-ours" for at in range(500)]
    names += [f"req{at}ests" for at in range(500)]
    for ecosystem in (PYPI, NPM):
        _names(ecosystem)
        resemblance.cache_clear()
        began = time.process_time()
        for name in names:
            resemblance(ecosystem, name)
        assert time.process_time() - began < 0.0002 * len(names)


@pytest.mark.parametrize(
    ("command", "code", "severity"),
    [
        ("pip install reqeusts==1.0", "packages.lookalike", "high"),
        ("python3.11 -m pip install reqeusts", "packages.lookalike", "high"),
        ("/usr/bin/pip3 install -U 'reqeusts[socks]>=2'", "packages.lookalike", "high"),
        ("uv pip install reqeusts", "packages.lookalike", "high"),
        ("uvx reqeusts", "packages.lookalike", "high"),
        ("poetry add reqeusts@^2", "packages.lookalike", "high"),
        ("npm i -D lodahs@4", "packages.lookalike", "high"),
        ("npm install x@npm:lodahs", "packages.lookalike", "high"),
        ("npx -y lodahs --help", "packages.lookalike", "high"),
        ("yarn global add lodahs", "packages.lookalike", "high"),
        ("pnpm dlx lodahs", "packages.lookalike", "high"),
        ("gem install rials -v 7", "packages.lookalike", "high"),
        ("cargo add tokoi --features full", "packages.lookalike", "high"),
        ("go get github.com/sirupsem/logrus@v1", "packages.lookalike", "high"),
        ("composer require symfont/process:^5", "packages.lookalike", "high"),
        ("dotnet add a.csproj package Newtonsoft.Jsom", "packages.lookalike", "high"),
        ("pip install git+https://git.test/x", "packages.from_url", "medium"),
        ("pip install https://x.test/a.whl", "packages.from_url", "medium"),
        ("pip install http://x.test/a.whl", "packages.from_url", "high"),
        ("pip install -e git+https://git.test/x#egg=x", "packages.from_url", "medium"),
        ("npm install somebody/something", "packages.from_url", "medium"),
        ("npm install git@git.test:a/b.git", "packages.from_url", "medium"),
        ("cargo install --git https://git.test/x", "packages.from_url", "medium"),
        ("pip install -i https://x.test/simple a", "packages.other_registry", "medium"),
        (
            "pip install --extra-index-url=http://x.test a",
            "packages.other_registry",
            "high",
        ),
        ("npm ci --registry https://x.test", None, None),
        ("npm i --registry https://x.test a", "packages.other_registry", "medium"),
        ("pip install --trusted-host x.test a", "packages.unchecked", "high"),
        ("apt-get install --allow-unauthenticated x", "packages.unchecked", "high"),
        ("pip install requests", "packages.unpinned", "low"),
        ("pip install never-heard-of-it==1", "packages.unknown", "low"),
        ("brew install jq", "packages.installs", "low"),
        ("docker pull nginx", "packages.installs", "low"),
    ],
)
def test_finds_what_commands_install(command, code, severity):
    found = codes_of(command)
    assert found.get(code) == severity if code else found == {}


@pytest.mark.parametrize(
    "command",
    [
        "", "pip", "pip list", "pip install -r requirements.txt", "pip install -e .",
        "pip install ./dist/x.whl", "npm install", "npm ci", "npm run build", "yarn",
        "yarn install", "cargo build", "go build ./...", "go test ./...", "python x.py",
        "python -m pytest", "apt-get update", "ls", "dotnet build", "uv sync",
        "uv tool list", "docker build .",
    ],
)  # fmt: skip
def test_commands_that_name_no_package_are_quiet(command):
    assert codes_of(command) == {}


@pytest.mark.parametrize(
    "command",
    [
        "pip install requests==2.32.0 'flask>=3,<4'",
        "npm install react@18 @types/node@20 left-pad@1",
        "gem install -s https://rubygems.org rails",
        "cargo add serde --features derive",
        "gem install rails",
    ],
)
def test_known_packages_from_their_registry_are_only_noted(command):
    assert set(codes_of(command).values()) == {"low"}


def test_says_how_many_packages_and_which_is_which():
    found = {one.code: one for one in of_command(["npm", "i", "react", "lodahs"])}
    assert found["packages.installs"].scale == 2.0
    assert found["packages.lookalike"].target == "lodahs"
    assert "lodash" in found["packages.lookalike"].message


@pytest.mark.parametrize(
    ("name", "arguments", "where"),
    [
        ("pip.install", {"package": "reqeusts"}, "/arguments/package"),
        ("install_package", {"name": "lodahs", "manager": "npm"}, "/arguments/name"),
        ("install_package", {"package": "lodahs"}, "/arguments/package"),
        ("npm_install", {"packages": ["react", "lodahs"]}, "/arguments/packages"),
        ("add_dependency", {"dependency": "reqeusts"}, "/arguments/dependency"),
        ("create_app", {"dependencies": {"lodahs": "1"}}, "/arguments/dependencies"),
        (
            "write_file",
            {"path": "requirements-dev.txt", "content": "flask\nreqeusts\n"},
            "/arguments/content",
        ),
        (
            "write_file",
            {"path": "a/package.json", "content": '{"dependencies": {"lodahs": "1"}}'},
            "/arguments/content",
        ),
        (
            "Edit",
            {"file_path": "package.json", "new_string": '"lodahs": "^4.0"'},
            "/arguments/new_string",
        ),
        (
            "Edit",
            {"file_path": "pyproject.toml", "new": 'dependencies = [\n "reqeusts",\n]'},
            "/arguments/new",
        ),
        (
            "Edit",
            {"file_path": "Pipfile", "new": '[packages]\nreqeusts = "*"'},
            "/arguments/new",
        ),
        (
            "Edit",
            {"file_path": "Cargo.toml", "new": '[dependencies]\ntokoi = "1"'},
            "/arguments/new",
        ),
        ("Edit", {"file_path": "Gemfile", "new": "gem 'rials'"}, "/arguments/new"),
        (
            "Edit",
            {"path": "go.mod", "new": "require github.com/sirupsem/logrus v1.2.3"},
            "/arguments/new",
        ),
    ],
)
def test_finds_lookalikes_in_arguments_and_manifests(name, arguments, where):
    one = found_in(name, arguments, "packages")["packages.lookalike"]
    assert (one.severity, one.pointer) == ("high", where)


def test_policy_can_say_which_argument_names_packages():
    mapped = Mapped(
        ("env.prepare",), Kind.PACKAGES, {Role.PACKAGES: ("/arguments/with",)}
    )
    context = Context(actions=(mapped,))
    arguments = {"with": "reqeusts"}
    assert found_in("env.prepare", arguments, "packages") == {}
    found = found_in("env.prepare", arguments, "packages", context=context)
    assert found["packages.lookalike"].pointer == "/arguments/with"


def test_a_command_at_install_time_is_found():
    content = '{"scripts": {"postinstall": "node x.js"}}'
    arguments = {"path": "package.json", "content": content}
    found = severities_in("write_file", arguments, "packages")
    assert found == {"packages.install_script": "medium"}


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("get_package_info", {"package": "reqeusts"}),
        ("track_package", {"package_id": "reqeusts"}),
        ("ship_package", {"package": "lodahs", "to": "Ana"}),
        ("install_app", {"name": "Slack"}),
        ("pip.install", {"package": "requests", "version": "2.32.0"}),
        ("write_file", {"path": "notes.txt", "content": "reqeusts"}),
        ("write_file", {"path": "requirements.txt", "content": "requests==2\n# x\n"}),
        (
            "read_file",
            {"path": "package.json", "text": '{"dependencies": {"lodahs": 1}}'},
        ),
        (
            "write_file",
            {"path": "package.json", "content": '{"scripts": {"test": "x"}}'},
        ),
    ],
)
def test_other_actions_with_such_words_are_quiet(name, arguments):
    assert severities_in(name, arguments, "packages") == {}


def test_more_names_than_are_looked_up_hold_the_action():
    names = [f"requests-number-{at}" for at in range(400)]
    found = severities_in("pip.install", {"packages": names}, "packages")
    assert found["packages.unchecked"] == "high"


@settings(max_examples=60, deadline=None)
@given(
    actions(
        ["pip.install", "npm_install", "write_file", "add_dependency", "install"],
        [
            "package",
            "packages",
            "path",
            "content",
            "package.json",
            "go.mod",
            "Gemfile",
            "pyproject.toml",
            "requirements.txt",
            '{"dependencies": {"',
            '": "',
            '"}}',
            "\n",
            "lodahs",
            "@",
            "/",
            "==",
            "[dependencies]",
            "git+https://",
            "gem '",
            "'",
        ],
    )
)
def test_never_fails_and_points_into_the_action(action):
    assert_sound(action, "packages")


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from([*PROGRAMS, "install", "-m", "--registry", "--index-url="])
        | st.sampled_from(["-e", "@a/b", "x@y", "git+https://x", "-S", "=", "@", "--"])
        | st.text(max_size=10),
        max_size=10,
    )
)
def test_no_command_makes_it_fail(words):
    assert all(one.code.startswith("packages.") for one in of_command(words))


@pytest.mark.parametrize(
    "text",
    [
        "reqeusts " * 7_000,
        "\n" * 65_000,
        '"a": "1",\n' * 6_000,
        "[" * 65_000,
        "a = " * 16_000,
    ],
)
@pytest.mark.parametrize("path", ["requirements.txt", "package.json", "pyproject.toml"])
def test_long_files_take_no_longer_than_their_size(text, path):
    assert_sound(
        Action("write_file", "bot", {"path": path, "content": text}), "packages"
    )


def test_points_to_members_with_odd_names():
    action = Action("pip.install", "bot", {"a/packages~b": {"lodahs": "1"}})
    assert_sound(action, "packages")
    assert "/arguments/a~1packages~0b" in {f.pointer for f in assess(action).findings}


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("npm config set registry http://npm.a.example", "other_registry"),
        (
            "pip config set global.index-url http://pip.a.example/simple",
            "other_registry",
        ),
        ("helm repo add shop https://charts.a.example/x", "other_registry"),
        ("gem sources --add http://gems.a.example", "other_registry"),
        ("composer config repositories.a vcs http://git.a.example/a", "other_registry"),
        ("npm config set strict-ssl false", "unchecked"),
        ("go env -w GONOSUMDB=*", "unchecked"),
        ("rpm -ivh http://a.example/b.rpm", "from_url"),
        ("dpkg -i /tmp/b.deb", "from_url"),
        ("apt install ./b.deb", "from_url"),
        ("pacman -U https://a.example/b.pkg.tar.zst", "from_url"),
        ("deno run -A https://a.example/b.ts", "from_url"),
        ("pip install our-billing-core==99.9.9", "unknown"),
        ("npm install our-billing-core@9999.0.0", "unknown"),
    ],
)
def test_finds_where_packages_come_from(command, code):
    severity = codes_of(command).get(f"packages.{code}")
    assert severity in ("medium", "high")


@pytest.mark.parametrize(
    "command",
    [
        "npm config get registry",
        "npm config set registry https://registry.npm" + "js.org/",
        "helm repo add bitnami https://charts.bitnami.com/bitnami",
        "helm repo update",
        "pip config list",
        "go env GOPATH",
        "rpm -qa",
        "dpkg -l",
        "deno run main.ts",
        "pip install our-billing-core==1.4.2",
    ],
)
def test_looking_and_the_public_registries_are_fine(command):
    assert not {"medium", "high"} & set(codes_of(command).values())


@pytest.mark.parametrize(
    ("ecosystem", "name"),
    [
        (NPM, "chalkk-colors"), (NPM, "vite-plugin-reactt"),
        (PYPI, "django-debug-toolbarr"),
        (PYPI, "python-requests3"), (Ecosystem.CRATES, "tokio-utill"),
        (Ecosystem.RUBYGEMS, "activerecord-importt"), (Ecosystem.NUGET, "Serilogg"),
        (Ecosystem.PACKAGIST, "nesbot/carbn"),
        (Ecosystem.GO, "github.com/spf13/viperr"),
    ],
)  # fmt: skip
def test_one_misspelled_word_of_several_is_a_lookalike(ecosystem, name):
    found = resemblance(ecosystem, name)
    assert found is not None
    assert found.is_close


@pytest.mark.parametrize(
    ("ecosystem", "name"),
    [
        (NPM, "spare-date"), (NPM, "@reach/dialog"), (PYPI, "alphai-api"),
        (Ecosystem.GO, "github.com/samber/do"), (Ecosystem.RUBYGEMS, "rspec-sidekiq"),
    ],
)  # fmt: skip
def test_words_of_their_own_are_no_slips(ecosystem, name):
    found = resemblance(ecosystem, name)
    assert found is None or not found.is_close


@pytest.mark.parametrize(
    "text",
    [
        "go install tools.example.net/x@latest", "brew install somebody/tap/tool",
        "conda install -c http://example.net/ch numpy",
        "mvn dependency:get -DremoteRepositories=http://example.net -Dartifact=a:b:1",
    ],
)  # fmt: skip
def test_packages_from_anybodys_place_are_held(text):
    assert codes_of(text)["packages.other_registry"] in {"medium", "high"}


@pytest.mark.parametrize(
    "text",
    [
        "go install golang.org/x/tools/gopls@latest",
        "brew install hashicorp/tap/vault",
        "conda install -c conda-forge numpy", "brew install jq",
    ],
)  # fmt: skip
def test_well_known_places_are_fine(text):
    assert "packages.other_registry" not in codes_of(text)


@pytest.mark.parametrize(
    ("name", "arguments", "held"),
    [
        ("install_package", {"name": "requests", "manager": "pip"}, False),
        ("pip.install", {"packages": ["numpy"]}, False),
        ("pip.install", {"packages": ["reqeusts"]}, True),
        ("install_software", {"name": "requests"}, True),
        ("pip.install", {}, True),
    ],
)
def test_names_of_packages_say_more_than_that_something_is_installed(
    name, arguments, held
):
    found = assess(Action(name, "bot", arguments)).findings
    worst = max((one.severity.rank for one in found), default=0)
    assert (worst >= Severity.MEDIUM.rank) is held
