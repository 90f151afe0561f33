"""Conditions of statements: does a WHERE select anything less than everything?"""

from sqlglot import exp

_COMPARISONS = (exp.EQ, exp.GTE, exp.LTE, exp.NullSafeEQ, exp.Is, exp.Like, exp.ILike)


def selects_all(where: exp.Expr | None) -> bool:
    """True without a condition, or with one that holds for every row.

    A condition that names no column is the same for all rows, so it counts as
    holding: ``1=1``, ``'a'='a'``, ``EXISTS (SELECT 1)``, ``length('x') = 1``.
    """
    if where is None:
        return True
    return _is_always_true(where.this if isinstance(where, exp.Where) else where)


def _is_always_true(condition: exp.Expr) -> bool:
    if isinstance(condition, exp.Paren):
        return _is_always_true(condition.this)
    if isinstance(condition, exp.And):
        return all(_is_always_true(part) for part in condition.flatten())
    if isinstance(condition, exp.Or):
        return any(_is_always_true(part) for part in condition.flatten())
    if isinstance(condition, exp.Placeholder | exp.Parameter):
        return False
    if _names_nothing(condition):
        return True
    if isinstance(condition, _COMPARISONS):
        return condition.this == condition.expression or _matches_anything(condition)
    return False


def _names_nothing(condition: exp.Expr) -> bool:
    variable = condition.find(exp.Column, exp.Placeholder, exp.Parameter, exp.Table)
    return variable is None


def _matches_anything(condition: exp.Expr) -> bool:
    """``column LIKE '%'`` holds for every value there is."""
    pattern = condition.expression
    is_like = isinstance(condition, exp.Like | exp.ILike)
    return is_like and isinstance(pattern, exp.Literal) and set(pattern.name) == {"%"}
