"""The tree over the entries, in pieces that are only ever added."""

from __future__ import annotations

from django.db import models

from audit.models.entries import Entry


class Leaf(models.Model):
    """Which entry is the ``index``-th of the log."""

    index = models.BigIntegerField(primary_key=True)
    # No constraint of the database: no entry can go, and each check locks one.
    entry = models.OneToOneField(
        Entry, on_delete=models.PROTECT, related_name="leaf", db_constraint=False
    )
    hash = models.BinaryField(max_length=32)

    class Meta:
        ordering = ("index",)
        verbose_name_plural = "leaves"

    def __str__(self) -> str:
        return f"leaf {self.index}"


class Tile(models.Model):
    """256 hashes side by side at one level (C2SP tlog-tiles), once there are as many.

    What a tile that is not full would hold is in the leaves, or in the roots of the
    tiles below.
    """

    level = models.PositiveSmallIntegerField()
    number = models.BigIntegerField()
    hashes = models.BinaryField(max_length=8192)
    root = models.BinaryField(max_length=32)
    """Of the subtree of these hashes: one hash of the tile above."""

    class Meta:
        ordering = ("level", "number")
        constraints = (
            # tiles.py asks for them by this; the sequencer adds each once.
            models.UniqueConstraint(fields=["level", "number"], name="tile_is_once"),
        )

    def __str__(self) -> str:
        return f"tile {self.level}/{self.number}"


class Checkpoint(models.Model):
    """A signed head of the tree; there is one for every size that was published."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=32)
    frontier = models.BinaryField()
    """The hashes that ``merkle.Frontier`` goes on from."""
    note = models.TextField()
    """The signed note, without cosignatures."""
    at = models.DateTimeField()

    class Meta:
        ordering = ("-size",)

    def __str__(self) -> str:
        return f"checkpoint {self.size}"


class Cosignature(models.Model):
    """What a witness signed: that this head goes on from all it saw before."""

    checkpoint = models.ForeignKey(
        Checkpoint, on_delete=models.PROTECT, related_name="cosignatures"
    )
    witness = models.CharField(max_length=200)
    """The name in its key."""
    line = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["checkpoint", "witness"], name="witness_signs_once"
            ),
        )
        indexes = (
            # cosigning.conditions(): what each witness cosigned last.
            models.Index(fields=["witness", "-checkpoint"], name="cosigned_by_witness"),
        )

    def __str__(self) -> str:
        return f"{self.witness} on checkpoint {self.checkpoint_id}"
