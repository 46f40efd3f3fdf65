from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.metrics import r2_score
from sklearn.preprocessing import StandardScaler

from symnet.errors import SymnetError
from symnet.train.data import DataError, Standardiser, Table, accuracy, r2, read_csv, split

numbers = st.floats(-1e6, 1e6)
matrices = arrays(np.float64, array_shapes(min_dims=2, max_dims=2, max_side=8), elements=numbers)
same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)


@pytest.fixture
def write(tmp_path: Path):
    def write_text(text: str | bytes) -> Path:
        path = tmp_path / "data.csv"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write_text


def refused(path: Path, message: str, target=-1, **options) -> None:
    with pytest.raises(DataError) as caught:
        read_csv(path, target, **options)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


# Reading


def test_iris_is_read_as_scikit_learn_has_it(iris_csv):
    iris, table = load_iris(), read_csv(iris_csv, "target")
    assert np.array_equal(table.X, iris.data)
    assert np.array_equal(table.y, np.eye(3)[iris.target])
    assert table.classes == ("setosa", "versicolor", "virginica")
    assert table.features == tuple(iris.feature_names) and table.targets == ("target",)


def test_breast_cancer_is_read_as_numbers_or_as_two_classes(breast_cancer_csv):
    cancer = load_breast_cancer()
    plain, classed = read_csv(breast_cancer_csv, "target"), read_csv(breast_cancer_csv, -1, classes=True)
    assert np.array_equal(plain.X, cancer.data) and np.array_equal(plain.y, cancer.target)
    assert np.array_equal(classed.y, plain.y)
    assert plain.classes is None and classed.classes == ("0", "1")


def test_diabetes_is_read_as_a_regression(diabetes_csv):
    diabetes, table = load_diabetes(), read_csv(diabetes_csv, "target")
    assert np.array_equal(table.X, diabetes.data) and np.array_equal(table.y, diabetes.target)
    assert table.classes is None


@same_folder
@given(
    X=matrices,
    delimiter=st.sampled_from(",;\t"),
    ending=st.sampled_from(["\n", "\r\n"]),
    mark=st.sampled_from(["", "\ufeff"]),
    blank=st.sampled_from(["", "\n", "  \n"]),
    space=st.sampled_from(["", " "]),
    quote=st.sampled_from(["", '"']),
    header=st.booleans(),
)
def test_numbers_survive_every_way_of_writing_them(tmp_path, X, delimiter, ending, mark, blank, space, quote, header):
    names = [f"the {i}th" for i in range(X.shape[1])]
    rows = [names] * header + [[repr(value) for value in row] for row in X.tolist()]
    lines = [delimiter.join(f"{quote}{cell}{quote}{space}" for cell in row) for row in rows]
    path = tmp_path / "x.csv"
    path.write_bytes((mark + blank + f"\n{blank}".join(lines) + "\n").replace("\n", ending).encode())
    table = read_csv(path, None)
    assert np.array_equal(table.X, X)
    assert table.y.shape == (len(X), 0) and table.targets == ()
    assert table.features == tuple(names if header else (str(i + 1) for i in range(X.shape[1])))


@same_folder
@given(labels=st.lists(st.text("abc ,;\"'é", min_size=1).filter(str.strip), min_size=2, max_size=12))
def test_classes_are_sorted_and_their_codes_give_the_labels_back(tmp_path, labels):
    labels = [" ".join(label.split()) for label in ["one", "two", *labels]]
    path = tmp_path / "labels.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["x", "kind"], *([i, label] for i, label in enumerate(labels))])
    table = read_csv(path, "kind")
    assert table.classes == tuple(sorted(set(labels)))
    codes = table.y.astype(int) if len(table.classes) == 2 else table.y.argmax(axis=1)
    assert [table.classes[code] for code in codes] == labels
    if len(table.classes) > 2:
        assert table.y.shape == (len(labels), len(table.classes)) and (table.y.sum(axis=1) == 1).all()


@pytest.mark.parametrize("target", ["b", 2, "2", -2, "-2", " b ", ["b"]])
def test_a_target_is_found_by_name_and_by_number_from_either_end(write, target):
    table = read_csv(write("a,b,c\n1,2,3\n4,5,6\n"), target)
    assert table.y.tolist() == [2, 5] and table.features == ("a", "c") and table.targets == ("b",)


def test_a_name_goes_before_a_number(write):
    assert read_csv(write("x,y,1\n1,2,3\n4,5,6\n"), "1", header=True).y.tolist() == [3, 6]


def test_several_targets_come_in_the_order_asked(write):
    table = read_csv(write("a,b,c\n1,2,3\n4,5,6\n"), ["c", 1])
    assert table.y.tolist() == [[3, 1], [6, 4]] and table.targets == ("c", "a") and table.features == ("b",)


def test_columns_that_are_no_numbers_can_be_left_out(write):
    table = read_csv(write("id,a,b,y\nMia,1,2,3\nJon,4,5,6\n"), "y", features=["b", "a"])
    assert table.X.tolist() == [[2, 1], [5, 4]] and table.features == ("b", "a")


def test_whole_numbers_name_classes_in_numeric_order(write):
    table = read_csv(write("x,y\n1,10\n2,9.0\n3,2\n4,10\n"), "y", classes=True)
    assert table.classes == ("2", "9", "10") and table.y.argmax(axis=1).tolist() == [2, 1, 0, 2]


@pytest.mark.parametrize(
    ("text", "target", "header"),
    [
        ("a,b\n1,2\n", -1, True),
        ("1,2\n3,4\n", -1, False),
        ("5.1,3.5,setosa\n4.9,3.0,setosa\n6.3,3.3,virginica\n", -1, False),
        ("M,20.5,1\nB,13.1,0\nM,11.2,1\n", 1, False),
        ("0,1,species\n5.1,3.5,a\n4.9,3.0,b\n", "species", True),
        ("NA,1,a\n2,3,b\n", -1, False),
    ],
)
def test_a_header_is_told_from_data(write, text, target, header):
    try:
        assert len(read_csv(write(text), target).X) == text.count("\n") - header
    except DataError as error:
        assert "line 1" in str(error) and "missing" in str(error)


@pytest.mark.parametrize("text", ["abc,2,3\n1,2,3\n", "0,1,species\n5.1,3.5,a\n4.9,3.0,b\n5,3,a\n"])
def test_a_row_that_may_or_may_not_be_a_header_is_not_guessed(write, text):
    refused(write(text), "pass header=True if this row names the columns")
    assert len(read_csv(write(text), -1, header=True).X) == text.count("\n") - 1


def test_a_hundred_thousand_rows_of_thirty_are_read(write):
    rows = "\n".join([",".join(f"{value:.6f}" for value in np.random.default_rng(0).normal(size=30))] * 100_000)
    path = write(rows)
    assert read_csv(path, -1).X.shape == (100_000, 29)


# Refusing


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "data.csv is empty"),
        ("\n  \n", "data.csv is empty"),
        ("a,b\n", "has a header and no rows below it"),
        ("a,b\n1,2\n\n3\n", "line 4 has 1 cells, but line 1 has 2"),
        ("a,b\n1,2\n3,4,5\n", "line 3 has 3 cells, but line 1 has 2"),
        ("a,b,a\n1,2,3\n", 'columns 1 and 3 are both named "a"'),
        (",a,b\n0,1,2\n", "column 1 has no name"),
        ('a,b\n1,2\n3,"4\n', "check the quotes"),
        ('x,y\n1,"yes"\n2,"no\n3,"yes"\n', "line 3: "),
        ("a,b,c\n1,2,3\n1,abc,3\n", 'data.csv, line 3, column "b": "abc" is not a number; '),
        ("a,b,c\n1,1_000,3\n", '"1_000" is not a number'),
        ("a;b;c\n1;2,5;3\n", '"2,5" is not a number; write decimals with a point'),
        ("a,b,c\n1,,3\n", 'column "b": the cell is missing ("")'),
        ("a,b,c\n1,NaN,3\n", 'the cell is missing ("NaN")'),
        ("a,b,c\n1,inf,3\n", '"inf" is not finite'),
        ("a,b,c\n1,1e999,3\n", '"1e999" is not finite'),
        ("a,y\n1,yes\n2,\n3,no\n", 'line 3, column "y": the cell is missing'),
        ("a,y\n1,2.5\n2,3.5\n3,4.x\n", '"4.x" is no number, as most here are'),
        ("a,y\n1,yes\n2,yes\n", "holds 1 different values in 2 rows; expected 2 to 1000 classes"),
        ("y\n1\n2\n", "pass that as delimiter"),
        (b"a,b\n1,2\nM\xfcller,3\n", "line 3: byte 0xfc is not UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), "is not UTF-8"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place_and_remedy(write, text, message):
    refused(write(text), message)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "lenght"}, "unknown column 'lenght'; did you mean 'length'? known: length, width, y"),
        ({"target": 4}, "has no column 4; give a name, or a number from 1 to 3"),
        ({"target": 0}, "has no column 0"),
        ({"target": ["y", 3]}, 'column "y" is asked for twice'),
        ({"features": ["y"]}, 'column "y" is asked for twice'),
        ({"delimiter": "||"}, "expected one character"),
        ({"max_bytes": 10}, "more than the 10 allowed"),
        ({"classes": True}, 'line 2, column "y": "3.5" names no class'),
    ],
)
def test_what_cannot_be_asked_is_refused(write, options, message):
    refused(write("length,width,y\n1,2,3.5\n"), message, **options)


def test_a_missing_file_is_refused_as_data(tmp_path):
    refused(tmp_path / "none.csv", "cannot be read (No such file or directory)")
    refused(tmp_path, "cannot be read (Is a directory)")
    assert issubclass(DataError, SymnetError)


@same_folder
@given(content=st.one_of(st.binary(max_size=60), st.text('1.,;\t\n\r"ab ?-_e', max_size=60).map(str.encode)))
def test_whatever_the_file_holds_the_answer_is_a_finite_table_or_a_data_error(tmp_path, content):
    path = tmp_path / "any.csv"
    path.write_bytes(content)
    try:
        table = read_csv(path, -1)
    except DataError as error:
        assert "any.csv" in str(error) and "\n" not in str(error)
    else:
        assert np.isfinite(table.X).all() and np.isfinite(table.y).all()
        assert table.X.shape == (len(table.y), len(table.features))


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        ([1, 2], [1, 2], "X has shape (2,)"),
        ([[1], [2]], [1], "a row a sample"),
        ([[1], [np.nan]], [1, 2], "X[1, 0] is nan"),
        ([["a"]], [1], "arrays of numbers"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(X, y, message):
    with pytest.raises(DataError) as caught:
        Table.from_arrays(X, y)
    assert message in str(caught.value)


# Splitting

shares = st.floats(0, 0.45)
label_lists = st.lists(st.integers(0, 3), min_size=10, max_size=60)


def labelled(labels: list[int]) -> Table:
    """Samples whose feature is their own number."""
    return Table.from_arrays(np.arange(len(labels))[:, None], np.array(labels))


@given(label_lists, st.floats(0.1, 0.45), st.floats(0.1, 0.45), st.integers(0, 9), st.booleans())
def test_every_sample_is_dealt_once_in_the_sizes_asked_for(labels, validation, test, seed, stratify):
    parts = split(labelled(labels), validation=validation, test=test, seed=seed, stratify=stratify)
    dealt = np.concatenate([part.X[:, 0] for part in parts])
    assert sorted(dealt) == list(range(len(labels)))
    assert len(parts.validation.X) == round(validation * len(labels))
    assert len(parts.test.X) == round(test * len(labels))
    assert all(labels[int(x)] == y for part in parts for x, y in zip(part.X[:, 0], part.y, strict=True))


@given(label_lists, st.floats(0.1, 0.9), st.integers(0, 9))
def test_a_stratified_part_holds_each_value_in_proportion(labels, validation, seed):
    parts = split(labelled(labels), validation=validation, seed=seed, stratify=True)
    for value in set(labels):
        proportional = labels.count(value) * len(parts.validation.X) / len(labels)
        assert abs((parts.validation.y == value).sum() - proportional) < 1


def test_classes_are_stratified_without_asking(iris_csv):
    parts = split(read_csv(iris_csv, "target"), validation=0.2, test=0.1)
    assert [part.y.sum(axis=0).tolist() for part in parts] == [[35] * 3, [10] * 3, [5] * 3]
    assert parts.test.classes == ("setosa", "versicolor", "virginica")


def test_the_seed_decides_the_split():
    table = labelled([0, 1] * 20)
    once, again, other = (split(table, seed=seed).train.X for seed in (1, 1, 2))
    assert np.array_equal(once, again) and not np.array_equal(once, other)


def test_values_that_occur_once_are_held_out_at_random():
    table = Table.from_arrays(np.zeros((100, 1)), np.arange(100.0))
    assert 30 < split(table, validation=0.2, stratify=True).validation.y.mean() < 70


@pytest.mark.parametrize("shares", [(1.0, 0), (-0.1, 0), (0.5, 0.5), (0.01, 0), (0.2, 0.01), (float("nan"), 0)])
def test_shares_that_leave_a_part_empty_are_refused(shares):
    with pytest.raises(DataError):
        split(labelled([0, 1] * 5), validation=shares[0], test=shares[1])


# Standardising


@given(matrices)
def test_standardising_is_undone_by_its_inverse(X):
    standardiser = Standardiser.fit(X)
    assert np.allclose(standardiser.inverse(standardiser.transform(X)), X, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("load", [load_iris, load_breast_cancer, load_diabetes])
def test_standardised_columns_are_those_of_scikit_learn(load):
    X = load().data
    assert np.allclose(Standardiser.fit(X).transform(X), StandardScaler().fit_transform(X))


@given(numbers, st.integers(1, 50))
def test_a_constant_column_becomes_zero(value, n):
    X = np.full((n, 2), value)
    assert not Standardiser.fit(X).transform(X).any()


def test_another_number_of_columns_is_refused():
    with pytest.raises(DataError, match="fitted to n×2"):
        Standardiser.fit(np.eye(2)).transform(np.eye(3))


# Scoring


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30), st.integers(0, 99))
def test_accuracy_is_the_share_of_classes_that_agree(labels, seed):
    true = np.array(labels)
    scores = np.random.default_rng(seed).normal(size=(len(true), 4))
    assert accuracy(np.eye(4)[true], scores) == pytest.approx(np.mean(scores.argmax(axis=1) == true))
    probabilities = 1 / (1 + np.exp(-scores[:, 0]))
    assert accuracy(true % 2, probabilities) == pytest.approx(np.mean((scores[:, 0] >= 0) == true % 2))


@pytest.mark.parametrize("y_true", [[0, 1, 2], [[1, 1], [0, 1], [0, 1]]])
def test_accuracy_refuses_what_is_no_class(y_true):
    with pytest.raises(DataError, match="one-hot"):
        accuracy(y_true, np.zeros(np.shape(y_true)))


@given(arrays(np.float64, (2, 6, 3), elements=st.integers(-20, 20)))
def test_r2_is_that_of_scikit_learn(pair):
    true, predicted = pair
    assert r2(true, predicted) == pytest.approx(r2_score(true, predicted))
    assert r2(true[:, 0], predicted[:, 0]) == pytest.approx(r2_score(true[:, 0], predicted[:, 0]))


@given(matrices)
def test_r2_of_the_truth_is_one_and_of_its_mean_at_most_nought(y):
    assert r2(y, y) == 1
    spread = np.linspace(0, 1, len(y) + 1)
    assert r2(spread, np.full(len(spread), spread.mean())) == pytest.approx(0)


@pytest.mark.parametrize("score", [accuracy, r2])
def test_scores_refuse_shapes_that_differ(score):
    with pytest.raises(DataError, match="expected both"):
        score([1, 0], [1, 0, 1])
