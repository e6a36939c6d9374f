import pytest

from dlprof.session.redaction import Redactor, found_in, of_this_machine, private, texts_in, together

KNOWN = private(["gpu7.lab.example.org"], ["ann", "Ann Lee"], ["/srv/people/annlee"])


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("nothing to hide, 5 / 10 and 3/4, I/O, p50/p95", "nothing to hide, 5 / 10 and 3/4, I/O, p50/p95"),
        ("on GPU7 and gpu7.lab.example.org", "on host and host"),
        ("a lab.example.org machine", "a host machine"),
        ("Ann Lee (ann, ANN, annlee)", "user (user, user, user)"),
        ("ann_model, channel, anne", "user_model, channel, anne"),
        ("cannot start /opt/secret/env/bin/python3.11: denied", "cannot start python3.11: denied"),
        ('File "/a b/c d/train.py", line 3', 'File "train.py", line 3'),
        ("in '/a b/c d', and (/x/y)", "in '[path]', and ([path])"),
        ("~/x ~bob/y ./z ../q/r.py", "[path] [path] [path] r.py"),
        ("/secret", "[path]"),
        ("/2024/secret", "[path]"),
        ("PATH=/a/b:/c/d", "PATH=[path]:[path]"),
        ("-I/srv/people/annlee/include -L/srv/people/annlee", "-I[path] -L[path]"),
        ("file:///x/y ssh://ann@gpu7/x https://example.org/ann", "[path] [path] https://example.org/user"),
        ("//share/x", "[path]"),
    ],
)
def test_texts(text: str, redacted: str) -> None:
    assert Redactor(KNOWN).text(text) == redacted


@pytest.mark.parametrize(
    ("file", "redacted"),
    [
        ("/home/ann/secret/train.py", "train.py"),
        ("/home/ann/secret/ann_train.py", "user_train.py"),
        ("torch/optim/adam.py", "torch/optim/adam.py"),
        ("/opt/py/lib/python3.11/json/decoder.py", "lib/python3.11/json/decoder.py"),
        ("/opt/py/lib/python3.11/typing.py", "lib/python3.11/typing.py"),
        ("/opt/py/lib/python3.11/secret/x.py", "x.py"),
        ("/home/ann/dlprof/workloads/torch.py", "dlprof/workloads/torch.py"),
        ("/home/ann/dlprof/secret.py", "secret.py"),
        ("<frozen abc>", "<frozen abc>"),
        ("/", ""),
    ],
)
def test_files_of_frames(file: str, redacted: str) -> None:
    assert Redactor(KNOWN).file(file) == redacted


def test_names_are_found_in_what_a_session_says() -> None:
    texts = [
        "/home/bob/x/y.py",
        "/Users/eve lives here",
        "GPU-11111111-2222-3333-4444-555555555555",
        "GPU-aaaaaaaa-2222-3333-4444-555555555555",
    ]
    redactor = Redactor(found_in(texts))
    assert redactor.name("bob, Eve") == "user, user"
    assert redactor.text(f"{texts[3]} {texts[2].upper()} {texts[3]}") == "GPU-2 GPU-1 GPU-2"
    assert redactor.text("-B/home/bob/x/z") == "-B[path]"


def test_common_names_stay() -> None:
    assert Redactor(private(["localhost"], ["root"], ["/root"])).text("root at localhost") == "root at localhost"


def test_the_first_says_what_stands_for_a_name() -> None:
    both = together(private(["dual"], [], []), private([], ["dual", "ann"], []))
    assert Redactor(both).name("dual ann") == "host user"


def test_this_machine_has_a_name() -> None:
    assert "host" in of_this_machine().names.values()


def test_values_keep_their_numbers_and_keys() -> None:
    value = {"ann": ["ann", 1.5, None, True, {"/x/y": "/x/y"}]}
    assert Redactor(KNOWN).value(value) == {"ann": ["user", 1.5, None, True, {"/x/y": "[path]"}]}
    assert list(texts_in(value)) == ["ann", "/x/y"]


@pytest.mark.parametrize("text", ["a-" * 50_000, "~" * 100_000, "'/" * 50_000, "/" * 100_000, "/lib/python3.11" * 9000])
def test_a_hostile_text_holds_nothing_up(text: str) -> None:
    redactor = Redactor(together(KNOWN, found_in([text])))
    assert len(redactor.text(text)) <= len(text)
    assert len(redactor.file(text)) <= len(text)
