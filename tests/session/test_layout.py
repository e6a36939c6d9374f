from dlprof.session.layout import columns, wrapped


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    rows = [("", "first", "a much longer name"), ("row", "1", "2"), ("another", "12345678", "")]
    assert columns(rows, "<>") == [
        "            first  a much longer name",
        "row             1                   2",
        "another  12345678",
    ]
    assert columns([], "<") == []


def test_words_wrap_and_nothing_is_lost() -> None:
    path = "/a/" + "very-" * 20 + "long/path"
    text = f"some words, more of them than fit on one line, {path} and others"
    lines = wrapped(text, 40, "- ", "    ")
    assert max(len(line) for line in lines if path not in line) <= 40
    assert lines[0].startswith("- some")
    assert all(line.startswith("    ") for line in lines[1:])
    assert " ".join(" ".join(lines).split()) == f"- {text}"
    assert wrapped("", 40) == [""]
