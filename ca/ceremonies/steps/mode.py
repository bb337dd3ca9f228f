"""`mode`: the home is for practice or for production, for good."""

from dataclasses import dataclass
from typing import ClassVar

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.sketch import Draft, Sketch
from ca.ceremonies.steps.step import Made, SoFar, Words


@dataclass(frozen=True)
class ModeStep:
    """The first step of each ceremony; the plan itself says which mode."""

    kind: ClassVar[str] = "mode"
    about: ClassVar[str] = "home"
    needs: ClassVar[tuple[str, ...]] = ()
    gives: ClassVar[tuple[str, ...]] = ()

    def words(self) -> Words:
        """In words."""
        return Words("ກຳນົດຮູບແບບຂອງການຕິດຕັ້ງນີ້ (ປ່ຽນບໍ່ໄດ້ອີກ)", "The mode of this installation is fixed for good")

    def draft(self, _sketch: Sketch) -> Draft | None:
        """Nothing is signed."""
        return None

    def hold(self, ceremony: Ceremony, _so_far: SoFar) -> Made:
        """The mode is in the home."""
        ceremony.begin()
        return {"mode": ceremony.mode.value.encode()}

    def fault(self, made: Made, so_far: SoFar) -> str | None:
        """The home must be of the plan's mode."""
        return None if made.get("mode") == so_far.mode.value.encode() else "the home is of another mode"
