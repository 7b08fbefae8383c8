"""Made-up abstracts: biomedicine at large, and papers on neutrophils in and out of tumours."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from service.embedding.works import work_vectors
from service.ranking.ranker import FusedRanker
from service.records import Candidate
from service.topics import shipped
from service.topics.facets import facets
from service.topics.sentences import split_sentences
from tests.fakes_encoder import FakeEncoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.records import RankedWork, Topic

RANKER = FusedRanker(facets, split_sentences)
_SUBJECTS = (
    "asthma airway epithelium allergen eosinophil mucus",
    "hypertension artery salt kidney renin diet",
    "malaria parasite mosquito transmission village net-free housing",
    "breast cancer tumor screening mammography density",
    "lung cancer tumor radiotherapy dose lesion",
    "glioma tumor surgery imaging margin resection",
    "melanoma tumor antigen vaccine lymphocyte immunotherapy",
    "diabetes glucose insulin pancreas islet obesity",
    "stroke thrombus perfusion cortex rehabilitation gait",
    "sepsis bacteria lactate antibiotic organ failure",
    "depression sleep serotonin adolescent therapy mood",
    "osteoporosis bone fracture vitamin density exercise",
    "colorectal cancer tumor colonoscopy polyp microbiome",
    "arthritis joint cartilage synovium cytokine pain",
    "retina glaucoma pressure optic nerve vision",
)
_COMMON = """patients results model levels method treatment significant clinical response analysis
    cohort samples group increased expression data outcome risk study effect extracellular
    recruitment infiltration formation therapy""".split()  # noqa: SIM905 (reads as a list)

NEUTROPHILS = (
    (
        "Tumor-associated neutrophils suppress T cells in lung adenocarcinoma",
        "We profiled lung tumors of mice. Tumor-associated neutrophils (TANs) carried arginase and "
        "silenced T cells. Depletion of TANs slowed tumor growth. Housing was standard.",
    ),
    (
        "Neutrophil extracellular traps awaken dormant breast cancer cells",
        "Smoke inflames the lung. Neutrophil extracellular traps (NETs) cleave laminin beside "
        "dormant cancer cells. Blocking NET formation with a PAD4 inhibitor kept tumors asleep. "
        "These data were confirmed in two cohorts.",
    ),
    (
        "CXCR2 blockade restores anti-PD-1 response in pancreatic tumors",
        "Pancreatic tumors resist immunotherapy. CXCR2 inhibition stopped neutrophil recruitment "
        "to the tumor. Tumor-infiltrating neutrophils fell and survival rose.",
    ),
)
ELSEWHERE = (
    "Neutrophil extracellular traps in canine periodontitis",
    "Gingiva of dogs was stained. Neutrophil extracellular traps lined the pockets beside plaque. "
    "Scaling removed them. Owners reported less odor.",
)
FIELD = (
    "Immunotherapy of solid tumors: the tumor microenvironment and cancer progression",
    "The tumor microenvironment shapes cancer immunotherapy. Spatiotemporal heterogeneity drives "
    "immune evasion. Checkpoint inhibitors changed cancer therapy. Resistance remains.",
)


def topic(slug: str = "neutrophils", **changes: object) -> Topic:
    """A topic as it is shipped, with changes."""
    found = next(each for each in shipped() if each.slug == slug)
    return replace(found, **changes)  # type: ignore[arg-type]  # whatever a test names


def at_large(count: int = 90, *, first: int = 1000) -> list[Candidate]:
    """Abstracts of many subjects, each of some 30 words; the same for the same count."""
    chance = np.random.default_rng(5)
    made = []
    for number in range(count):
        own = _SUBJECTS[number % len(_SUBJECTS)].split()
        words = [*chance.choice(own, 14), *chance.choice(_COMMON, 12), f"item{number % 40}"]
        words = chance.permutation(words).tolist()
        text = ". ".join(" ".join(words[at : at + 9]).capitalize() for at in range(0, 27, 9))
        made.append(Candidate(first + number, f"{' '.join(chance.choice(own, 4))}", f"{text}."))
    return made


def works(*texts: tuple[str, str], first: int = 1) -> list[Candidate]:
    """Candidates with these titles and abstracts, numbered from `first`."""
    return [Candidate(first + at, *text) for at, text in enumerate(texts)]


def embedded(of: Sequence[Candidate], dimension: int = 256) -> list[Candidate]:
    """The same with the vectors of the encoder without a model."""
    encoder = FakeEncoder(dimension)
    rows = work_vectors([(each.title, each.abstract) for each in of], encoder.encode)
    return [replace(each, vectors=its) for each, its in zip(of, rows, strict=True)]


def rank(
    of: Topic,
    candidates: Sequence[Candidate],
    background: Sequence[Candidate] | None = None,
    *,
    dense: bool = True,
    **more: object,
) -> list[RankedWork]:
    """By the real ranker, against literature at large, with the encoder without a model."""
    behind = at_large() if background is None else background
    if not dense:
        return RANKER.rank(of, candidates, behind, None, **more)  # type: ignore[arg-type]
    encode = FakeEncoder(256).encode
    return RANKER.rank(of, embedded(candidates), embedded(behind), encode, **more)  # type: ignore[arg-type]


def by_id(ranked: Sequence[RankedWork]) -> dict[int, RankedWork]:
    """The works by their number."""
    return {each.work_id: each for each in ranked}
