"""Real PubMed payloads, against values read off the raw XML by eye."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from service.errors import (
    BadRequestError,
    NotDataError,
    SourceError,
    ThrottledError,
    TransientError,
)
from service.normalisation import normalise
from service.records import Author, Flag, Identifiers, Kind, Paper, Relation
from service.sources.pubmed_payload import query_alterations, read

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.captures

TRANSLATED = Flag.TRANSLATED_TITLE
WITHOUT_RECORDS = {
    "delete_citation.xml",
    "efetch_37909814.xml",
    "epost_invalid_ids.xml",
    "esearch_2026.json",
    "esearch_biopython.xml",
    "esearch_phrase_not_found.xml",
    "esearch_usehistory_webenv.xml",
    "esummary_error_missing_id.xml",
    "pubmed_asn1_in_html.html",
}


class Expected(NamedTuple):
    """What one record says. `title` and `abstract` are beginnings; "" of an abstract means none."""

    file: str
    pmid: str
    title: str
    abstract: str
    doi: str | None
    pmcid: str | None
    published: str
    entered: str
    revised: str | None = None
    kind: Kind = Kind.ARTICLE
    flags: frozenset[Flag] = frozenset()
    links: tuple[tuple[Relation, str | None], ...] = ()


def _flags(*flags: Flag) -> frozenset[Flag]:
    return frozenset(flags)


RECORDS = [
    Expected("efetch_100000.xml", "100000", "Drugs and the high cost of health care.", "",
             "10.1016/s0160-3450(15)32607-6", None, "1978-09", "1978-09-01", "2019-10-21"),
    Expected("efetch_19129924.xml", "19129924",
             "PyMOOSE: Interoperable Scripting in Python for MOOSE.",
             "Python is emerging as a common scripting language for simulators.",
             "10.3389/neuro.11.006.2008", "PMC2614320", "2008-12-19", "2009-01-09", "2020-03-06"),
    Expected("efetch_2026_3records.xml", "41884867",
             "Neural dynamics of visuospatial endogenous attention:",
             "Considerable research has been encouraged by the concept",
             "10.1162/imag.a.1176", "PMC13010356", "2026-03-23", "2026-03-26", "2026-03-26"),
    Expected("efetch_2026_3records.xml", "41884685", "Reflections on wishes and needs of adults",
             "AIMS AND OBJECTIVES: To investigate reflections on wishes and needs",
             "10.1177/26323524261430769", "PMC13009961", "2026-03-23", "2026-03-26", "2026-03-26"),
    Expected("efetch_20301546.xml", "20301546",
             "Hereditary Motor and Sensory Neuropathy with Agenesis of the Corpus Callosum",
             "CLINICAL CHARACTERISTICS: Hereditary motor and sensory neuropathy",
             None, None, "2006-02-02", "2020-09-17", "2020-09-17", Kind.BOOK),
    Expected("efetch_22351513.xml", "22351513", "Variation in oil content and fatty acid composition",
             "BACKGROUND: The oil content and fatty acid composition of the mature seeds",
             "10.1002/jsfa.5627", None, "2012-02-20", "2012-02-22", "2013-11-21"),
    Expected("efetch_29768149.xml", "29768149",
             "Inhaled Combined Budesonide-Formoterol as Needed in Mild Asthma.",
             "BACKGROUND: In patients with mild asthma, as-needed use of an inhaled glucocorticoid plus "
             "a fast-acting β 2-agonist",
             "10.1056/nejmoa1715274", None, "2018-05-17", "2018-05-17", "2022-04-10", Kind.TRIAL,
             links=((Relation.COMMENT_IN, "29768146"), (Relation.COMMENT_IN, "30242404"))),
    Expected("efetch_29915538.xml", "29915538", "Efficacy and Safety of Once-Weekly Semaglutide",
             "Background: Semaglutide, a newly once-weekly glucagon like peptide-1",
             "10.3389/fphar.2018.00576", "PMC5994433", "2018-06-04", "2018-06-20", "2020-09-30"),
    Expected("efetch_30776274.xml", "30776274", "Autism. Genetic and biological aspects.",
             "Autism is a neurodevelopmental disorder characterized by",
             None, None, "2019", "2019-02-19", "2020-03-11", flags=_flags(TRANSLATED)),
    Expected("efetch_32894878.xml", "32894878", "Methods Refocused.", "",
             "10.1055/s-0040-1715580", None, "2020-09-07", "2020-09-07", "2020-12-04", Kind.EDITORIAL),
    Expected("efetch_33474827.xml", "33474827", "Tumor-educated platelet SNORD55 as a potential",
             "BACKGROUND: Despite the emerging insights into many snoRNAs",
             "10.1111/1759-7714.13823", "PMC7919130", "2021-01-21", "2021-01-21", "2021-11-24"),
    Expected("efetch_37743333.xml", "37743333", "Glioblastoma, IDH-Wildtype.",
             "The 5th edition of the WHO Classification of Central Nervous System Tumours(WHO2021)emph",
             "10.11477/mf.1436204823", None, "2023-09", "2023-09-24", "2023-09-26", Kind.REVIEW,
             _flags(TRANSLATED)),
    Expected("efetch_38118002.xml", "38118002", "Histone lactylation-boosted ALKBH3 potentiates",
             "Albeit N1-Methyladenosine (m1A) RNA modification represents",
             "10.1093/nar/gkad1193", "PMC10954454", "2024-03-21", "2023-12-20", "2024-11-06"),
    Expected("efetch_38147649.xml", "38147649",
             "Social anxiety disorder-associated gut microbiota increases social fear.",
             "Social anxiety disorder (SAD) is a crippling psychiatric disorder",
             "10.1073/pnas.2308706120", "PMC10769841", "2023-12-26", "2023-12-26", "2024-12-20",
             flags=_flags(Flag.CORRECTED), links=((Relation.ERRATUM_IN, "39705317"),)),
    Expected("efetch_38468501.xml", "38468501", "Cancer incidence and mortality in China, 2022.",
             "Objective: The National Central Cancer Registry estimates",
             "10.3760/cma.j.cn112152-20240119-00035", None, "2024-03-23", "2024-03-12", "2024-03-22",
             flags=_flags(TRANSLATED)),
    Expected("efetch_38534005.xml", "38534005", "The EFLM European Urinalysis Guideline 2023.",
             "BACKGROUND: The EFLM Task and Finish Group Urinalysis has updated",
             "10.1515/cclm-2024-0070", None, "2024-06-05", "2024-03-27", "2024-08-21"),
    Expected("efetch_38833988.xml", "38833988", '"MageC2 protein is upregulated by oncogenic', "",
             "10.1016/j.bbamcr.2024.119767", None, "2024-06-03", "2024-06-04", "2024-06-11",
             Kind.ERRATUM, links=((Relation.ERRATUM_FOR, "33279609"),)),
    Expected("efetch_38880983.xml", "38880983",
             "Non‐m6A RNA modifications in haematological malignancies.",
             "Dysregulated RNA modifications, stemming from the aberrant expression",
             "10.1002/ctm2.1666", "PMC11180698", "2024-06", "2024-06-17", "2025-07-21", Kind.REVIEW),
    Expected("efetch_39236155.xml", "39236155",
             "Hematopoietic aging promotes cancer by fueling IL-1⍺-driven emergency myelopoiesis.",
             "Age is a major risk factor for cancer, but how aging impacts",
             "10.1126/science.adn0327", "PMC7616710", "2024-10-25", "2024-09-05", "2025-05-30"),
    Expected("efetch_39345789.xml", "39345789", "VMAP: Vaginal Microbiome Atlas during Pregnancy.",
             "OBJECTIVES: To enable interactive visualization of the vaginal microbiome",
             "10.1093/jamiaopen/ooae099", "PMC11430916", "2024-09-27", "2024-09-30", "2024-10-08",
             links=((Relation.HAS_PREPRINT, "36993193"),)),
    Expected("efetch_mathml_title.xml", "29963580", "Development of a pulmonary imaging biomarker",
             "We designed and generated pulmonary imaging biomarker pipelines",
             "10.1117/1.jmi.5.2.026002", "PMC6022861", "2018-06-28", "2018-07-03", "2018-11-14"),
    Expected("efetch_old_two_titles.xml", "12091962",
             "The treatment of AIDS behind the walls of correctional facilities.", "",
             None, None, "1990", "1990-04-01", "2007-11-15", Kind.REVIEW),
    Expected("efetch_old_two_titles.xml", "9997", "Magnetic studies of Chromatium flavocytochrome C552.",
             "Electron paramagnetic resonance and magnetic susceptibility studies",
             "10.1016/0005-2795(76)90109-4", None, "1976-09-28", "1976-09-28", "2019-06-09"),
    Expected("efetch_structured_observational.xml", "27797938",
             "Leucocyte telomere length, genetic variants at the TERT gene region and risk",
             "OBJECTIVE: Telomere shortening occurs as an early event",
             "10.1136/gutjnl-2016-312510", "PMC5442267", "2016-10-21", "2016-11-01", "2018-04-17",
             links=((Relation.COMMENT_IN, "27920200"),)),
    Expected("esummary_pubmed.xml", "11482001", "Adverse and beneficial effects of plant extracts", "",
             None, None, "2001-06", "2001-08-03", None, Kind.REVIEW),
    Expected("medline_multi.txt", "16403221",
             "A high level interface to SCOP and ASTRAL implemented in python.",
             "BACKGROUND: Benchmarking algorithms in structural bioinformatics often involves",
             "10.1186/1471-2105-7-10", "PMC1373603", "2006-01-10", "2006-01-13"),
    Expected("medline_multi.txt", "16377612",
             "GenomeDiagram: a python package for the visualization of large-scale genomic data.",
             "SUMMARY: We present GenomeDiagram, a flexible, open-source Python module",
             "10.1093/bioinformatics/btk021", None, "2005-12-23", "2005-12-27", "2006-11-15"),
    Expected("mined_collective_only.xml", "32627312",
             "Predicting outcomes of pelvic exenteration using machine learning.",
             "AIM: We aim to compare machine learning with neural network performance in predicting R0 "
             "resection (R0), length of stay > 14 days",
             "10.1111/codi.15235", None, "2020-07-29", "2020-07-07", "2021-06-07"),
    Expected("mined_comment_on.xml", "25205585", "Comparison of spirometric thresholds in diagnosing", "",
             "10.1136/thoraxjnl-2014-206123", None, "2014-09-09", "2014-09-11", "2021-06-07", Kind.LETTER,
             links=((Relation.COMMENT_ON, "23525095"), (Relation.COMMENT_ON, "25182046"),
                    (Relation.COMMENT_ON, "25182048"))),
    Expected("mined_comment_on.xml", "31358648", "Die Another Way: An EDS1-SAG101 Complex Mediates", "",
             "10.1105/tpc.19.00570", "PMC6790075", "2019-07-29", "2019-07-31", "2021-06-07",
             Kind.EDITORIAL, links=((Relation.COMMENT_ON, "31266900"),)),
    Expected("mined_empty_abstract_markup.xml", "31617889",
             "The Anatomy and Clinical Application of Preorbital Septum Fiber.",
             "BACKGROUND: In patients with mild superior sulcus deformity, pseudoptosis",
             "10.1093/asj/sjz213", None, "2020-05-16", "2019-10-17", "2021-06-06",
             links=((Relation.COMMENT_IN, "31617887"), (Relation.COMMENT_IN, "33386738"))),
    Expected("mined_erratum_for.xml", "33073865",
             "Prevalence and risk factors associated with systemic hypertension in dogs", "",
             "10.1111/jvim.15941", "PMC7694811", "2020-10-19", "2020-10-19", "2021-06-07", Kind.ERRATUM,
             links=((Relation.ERRATUM_FOR, "32614466"),)),
    Expected("mined_erratum_for.xml", "33079240",
             "The immediate impact of the COVID-19 pandemic on motor neuron disease services", "",
             "10.1007/s00415-020-10256-0", "PMC7574389", "2021-06", "2020-10-20", "2021-06-07",
             Kind.ERRATUM, links=((Relation.ERRATUM_FOR, "32889618"),)),
    Expected("mined_erratum_for.xml", "33417670",
             "Critical Role of mTORC2-Akt Signaling in TGF-β1-Induced Myofibroblast", "",
             "10.1167/iovs.62.1.11", "PMC7804498", "2021-01-04", "2021-01-08", "2021-06-07",
             Kind.ERRATUM, links=((Relation.ERRATUM_FOR, "30640966"),)),
    Expected("mined_erratum_for.xml", "33558669", "Accuracy of the FMF Bayes theorem-based model", "",
             "10.1038/s41440-021-00622-4", None, "2021-06", "2021-02-09", "2021-06-07", Kind.ERRATUM,
             _flags(Flag.CORRECTED),
             ((Relation.ERRATUM_FOR, "33154593"), (Relation.ERRATUM_FOR, "33361826"),
              (Relation.ERRATUM_IN, "33837281"))),
    Expected("mined_erratum_in.xml", "21388667", "IL-4 induces differentiation of human embryonic stem",
             "BACKGROUND: Fibroblast heterogeneity is recognized",
             "10.1016/j.jaci.2011.01.049", "PMC3105203", "2011-03-08", "2011-03-11", "2021-06-07",
             flags=_flags(Flag.CORRECTED), links=((Relation.ERRATUM_IN, "34092359"),)),
    Expected("mined_expression_of_concern.xml", "32090497",
             "Molecular mechanism whereby paraoxonase-2 regulates coagulation activation",
             "We investigated the molecular mechanism of paraoxonase-2 (PON-2)",
             "10.1111/iwj.13329", None, "2020-02-23", "2020-02-25", "2021-06-07",
             flags=_flags(Flag.CONCERN), links=((Relation.CONCERN_IN, "34096680"),)),
    Expected("mined_mathml.xml", "33780037",
             "Free-breathing simultaneous T1 , T2 , and T2∗ quantification in the myocardium.",
             "PURPOSE: To implement a free-breathing sequence for simultaneous quantification of T1 , T2",
             "10.1002/mrm.28753", None, "2021-03-29", "2021-03-29", "2021-06-07"),
    Expected("mined_mathml.xml", "33826220", "Ce=O Terminated CeO2.",
             "Multiply bonded lanthanide oxo groups are rare in coordination compounds",
             "10.1002/anie.202101771", None, "2021-05-11", "2021-04-07", "2021-06-07"),
    Expected("mined_medline_date.xml", "32078379", "Parent-Child Interaction Therapy with Toddlers:",
             "Objective: Children with early-onset behavioral issues are at high risk",
             "10.1080/15374416.2020.1723599", None, "2020-02-20", "2020-02-21", "2021-06-07"),
    Expected("mined_no_authors.xml", "33336832",
             "12th Annual European College of Equine Internal Medicine Congress.", "",
             "10.1111/jvim.15994", "PMC7848327", "2020-12-18", "2020-12-18", "2021-06-07"),
    Expected("mined_no_authors.xml", "33674032",
             "Persistent or Recurrent Diabetic Macular Edema after Fluocinolone Acetonide 0.19 mg", "",
             "10.1016/j.ajo.2020.09.037", None, "2021-03-03", "2021-03-06", "2021-06-07", Kind.ERRATUM,
             links=((Relation.ERRATUM_FOR, "32209341"),)),
    Expected("mined_other_abstract.xml", "32436023", "Adolf Lorenz and his mentor Eduard Albert.",
             "At the end of the nineteenth century, the imperial capital",
             "10.1007/s10354-020-00752-3", None, "2020-05-20", "2020-05-22", "2021-06-07",
             flags=_flags(TRANSLATED)),
    Expected("mined_other_abstract.xml", "33417236", "Remotely delivered information, training and",
             "BACKGROUND: Many people with dementia are cared for at home",
             "10.1002/14651858.cd006440.pub3", "PMC8094510", "2021-01-04", "2021-01-08", "2021-06-07",
             Kind.REVIEW),
    Expected("mined_pmid_version_gt1.xml", "33728380",
             "Variants associated with HHIP expression have sex-differential effects on lung function.",
             "Background: Lung function is highly heritable and differs between the sexes",
             "10.12688/wellcomeopenres.15846.2", "PMC7938335", "2021-05-24", "2021-06-07", "2021-06-07"),
    Expected("mined_preprint_type.xml", "32995776", "Genes with 5' terminal oligopyrimidine tracts",
             "Viruses rely on the host translation machinery to synthesize",
             "10.1101/2020.09.13.295493", "PMC7523102", "2020-09-14", "2020-09-30", "2021-06-07",
             Kind.PREPRINT),
    Expected("mined_retracted_publication.xml", "27602157", "miR-429 promotes the proliferation of non",
             "The microRNA (miR)-200 family has been demonstrated",
             "10.3892/ol.2016.4904", "PMC4998573", "2016-07-22", "2016-09-08", "2021-06-07",
             flags=_flags(Flag.RETRACTED), links=((Relation.RETRACTION_IN, "34093767"),)),
    Expected("mined_retraction_notice.xml", "34082697",
             "Differential regulation of wild-type and mutant alpha-synuclein binding", "",
             "10.1186/s12868-021-00644-1", "PMC8173967", "2021-06-03", "2021-06-04", "2021-06-07",
             Kind.RETRACTION, links=((Relation.RETRACTION_OF, "18808659"),)),
    Expected("mined_retraction_notice.xml", "34086810",
             "Overexpression of Peanut Diacylglycerol Acyltransferase 2 in Escherichia coli.", "",
             "10.1371/journal.pone.0252974", None, "2021-06-04", "2021-06-04", "2021-06-07",
             Kind.RETRACTION, links=((Relation.RETRACTION_OF, "23593473"),)),
    Expected("mined_season.xml", "34092829", "Immigration and Child Mortality: Lessons from the United",
             "The societal integration of immigrants is a great concern",
             "10.1017/ssh.2019.42", "PMC8174101", "2020-01-23", "2021-06-07", "2021-06-07"),
    Expected("mined_status_in_data_review.xml", "31910050", "A Population-Level, Randomized Effectiveness",
             "Objective: A population-level, randomized controlled trial was conducted",
             "10.1080/15374416.2019.1703711", "PMC7338238", "2020-01-07", "2020-01-08", "2021-06-07"),
    Expected("mined_status_publisher.xml", "32029410",
             "A clinical case of bullous pemphigoid induced by vildagliptin.", "",
             "10.1016/j.endinu.2019.11.004", None, "2020-02-03", "2020-02-08", "2021-06-07",
             Kind.CASE_REPORT),
    Expected("mined_sup_sub.xml", "31363039",
             "Posttranslational Modification of the NADP-Malic Enzyme Involved in C4 Photosynthesis",
             "Evolution of the C4 photosynthetic pathway involved in some cases",
             "10.1105/tpc.19.00406", "PMC6790091", "2019-07-30", "2019-08-01", "2021-06-07"),
    Expected("mined_update_of_preprint.xml", "32989731", "Geriatric Syndromes and Atrial Fibrillation:",
             "BACKGROUND: Although guidelines recommend focusing primarily on stroke risk",
             "10.1111/jgs.16822", "PMC8174581", "2020-09-28", "2020-09-29", "2021-06-07",
             links=((Relation.HAS_PREPRINT, "33173890"),)),
    Expected("mined_update_of_preprint.xml", "34086515",
             "Response to the comments of Mukerji and Jones.", "",
             "10.1080/00365513.2021.1931711", None, "2021-06-04", "2021-06-04", "2021-06-07",
             links=((Relation.UPDATE_IN, "34092155"),)),
    Expected("mined_vernacular_title.xml", "29615368", "Acute ischiofemoral impingement?",
             "We report a case of rare clinical entity",
             "10.1016/j.recot.2017.12.005", None, "2018-03-31", "2018-04-05", "2021-06-07"),
    Expected("pubmedsample_2019.xml.gz", "1669026",
             "150th Anniversary Celebration of the Royal Academy of Medicine of Belgium. Part 1.", "",
             None, None, "1991", "1991-01-01", "2018-11-30", Kind.OTHER, _flags(TRANSLATED)),
    Expected("pubmedsample_2019.xml.gz", "8655018", "Effect of fetal and neonatal growth on the occurrence",
             "The findings of many authors show that reduced fetal growth",
             None, None, "1996-01", "1996-01-01", "2017-03-03", Kind.REVIEW,
             _flags(TRANSLATED, Flag.RETRACTED),
             ((Relation.COMMENT_IN, "9867475"), (Relation.RETRACTION_IN, "9867474"))),
    Expected("pubmedsample_2019.xml.gz", "8863847", "Mechanism of extracellular ATP-induced proliferation",
             "The mitogenic effect of extracellular ATP was examined",
             None, None, "1996-10", "1996-10-01", "2014-11-20",
             flags=_flags(Flag.CORRECTED, Flag.RETRACTED),
             links=((Relation.ERRATUM_IN, None), (Relation.RETRACTION_IN, "9499167"))),
    Expected("pubmedsample_2019.xml.gz", "9634358",
             "A rabbit model for human cytomeglovirus--induced chorioretinal disease (J Infect Dis", "",
             None, None, "1998-06", "1998-06-20", "2004-03-31", Kind.RETRACTION, _flags(Flag.CORRECTED),
             ((Relation.RETRACTION_OF, "8393056"), (Relation.ERRATUM_IN, None))),
    Expected("pubmedsample_2019.xml.gz", "10188493", "Women's health osteopathy: an alternative view.", "",
             None, None, "1998-12", "1999-04-03", "2016-11-24"),
    Expected("pubmedsample_2019.xml.gz", "10612833",
             "analysis of DNA elements that modulate myosin VIIa expression in humans.",
             "Usher syndromeIb (USH1B), an autosomal recessive disorder",
             "10.1002/(sici)1098-1004(200001)15:1<114::aid-humu21>3.0.co;2-4", None,
             "2000-01", "1999-12-29", "2012-07-11", Kind.ERRATUM,
             links=((Relation.REPUBLISHED_FROM, "10502787"),)),
    Expected("pubmedsample_2019.xml.gz", "11279676", "Elective versus selective caesarean section",
             "BACKGROUND: Elective caesarean delivery for women in preterm labour",
             "10.1002/14651858.cd000078", None, "2001", "2001-05-02", "2014-11-20", Kind.REVIEW,
             links=((Relation.UPDATE_OF, "10796117"), (Relation.UPDATE_IN, "11405950"))),
    Expected("topic_caf.xml", "34095135", "TGFβ1 in Cancer-Associated Fibroblasts Is Associated With",
             "Objective: Small-cell lung cancer (SCLC) is aggressive, with early metastasis.",
             "10.3389/fcell.2021.667645", "PMC8172974", "2021-05-20", "2021-06-07", "2021-06-07"),
    Expected("topic_nets.xml", "33047496", "NET formation - mechanisms and how they relate to other",
             "Cell death is an integral part of both infectious and sterile",
             "10.1111/febs.15589", None, "2020-10-26", "2020-10-13", "2021-06-07", Kind.REVIEW),
    Expected("topic_tan.xml", "33819850", "Prognostic and predictive value of neutrophil-to-lymphocyte",
             "BACKGROUND: Neutrophil-to-lymphocyte ratio (NLR) has been shown",
             "10.1016/j.suronc.2021.101556", None, "2021-03-31", "2021-04-05", "2021-06-07", Kind.REVIEW),
]  # fmt: skip


def _paper(shared: Path, file: str, pmid: str) -> Paper:
    page = read((shared / "captures/pubmed" / file).read_bytes())
    (record,) = [r for r in page.records if r.source_id == pmid]
    return normalise(record)


@pytest.mark.parametrize("expected", RECORDS, ids=lambda e: f"{e.file}-{e.pmid}")
def test_a_record_says_what_its_raw_payload_says(shared: Path, expected: Expected) -> None:
    paper = _paper(shared, expected.file, expected.pmid)
    assert paper.title.startswith(expected.title)
    assert paper.abstract.startswith(expected.abstract)
    assert bool(paper.abstract) == bool(expected.abstract)
    assert paper.ids == Identifiers(expected.doi, expected.pmid, expected.pmcid)
    assert (paper.published, paper.entered, paper.revised) == (
        expected.published,
        expected.entered,
        expected.revised,
    )
    assert (paper.kind, paper.flags) == (expected.kind, expected.flags)
    found = tuple((link.relation, link.target.pmid) for link in paper.links)
    assert found[: len(expected.links)] == expected.links
    assert bool(found) == bool(expected.links)
    assert paper.url == f"https://pubmed.ncbi.nlm.nih.gov/{expected.pmid}/"


def test_every_capture_with_records_is_checked_by_hand(shared: Path) -> None:
    files = {p.name for p in (shared / "captures/pubmed").iterdir() if p.name != "README.md"}
    assert files - {e.file for e in RECORDS} == WITHOUT_RECORDS


def test_every_record_of_every_capture_is_understood(shared: Path) -> None:
    for file in {e.file for e in RECORDS}:
        for record in read((shared / "captures/pubmed" / file).read_bytes()).records:
            paper = normalise(record)
            assert paper.key == record.key
            assert paper.ids.pmid == record.source_id
            assert paper.title
            assert "<" not in paper.title


@pytest.mark.parametrize(
    ("file", "pmid", "original", "language"),
    [
        ("efetch_30776274.xml", "30776274", "Autismo. Aspectos genéticos y biológicos.", "spa"),
        ("efetch_38468501.xml", "38468501", "", "chi"),
        ("efetch_38880983.xml", "38880983",
         "Non‐m6A RNA modifications in haematological malignancies.", "ita"),
        ("mined_other_abstract.xml", "32436023", "Adolf Lorenz und sein Mentor Eduard Albert.", "ger"),
        ("mined_vernacular_title.xml", "29615368", "¿Pinzamiento isquiofemoral agudo?", "eng"),
    ],
)  # fmt: skip
def test_original_titles(shared: Path, file: str, pmid: str, original: str, language: str) -> None:
    paper = _paper(shared, file, pmid)
    assert (paper.original_title, paper.language) == (original, language)


@pytest.mark.parametrize(
    ("file", "pmid", "kind", "language", "start"),
    [
        ("efetch_2026_3records.xml", "41884685", "plain-language-summary", "eng", ""),
        ("efetch_30776274.xml", "30776274", "Publisher", "spa", "El autismo es un trastorno"),
        ("efetch_38468501.xml", "38468501", "Publisher", "chi", "目的: 根据全国肿瘤登记中心"),
        (
            "mined_other_abstract.xml",
            "32436023",
            "Publisher",
            "ger",
            "ZUSAMMENFASSUNG: Am Ende des",
        ),
    ],
)
def test_other_abstracts(
    shared: Path, file: str, pmid: str, kind: str, language: str, start: str
) -> None:
    (other,) = _paper(shared, file, pmid).other_abstracts
    assert (other.kind, other.language) == (kind, language)
    assert other.text.startswith(start)


@pytest.mark.parametrize(
    ("file", "pmid", "count", "first", "group"),
    [
        ("efetch_2026_3records.xml", "41884867", 5,
         Author("Parisi", "Giorgia", orcid="0000-0002-8295-5374"), None),
        ("efetch_20301546.xml", "20301546", 3, Author("Gauvreau", "Claudie"), None),
        ("efetch_29768149.xml", "29768149", 10, Author("O'Byrne", "Paul M"), None),
        ("efetch_38534005.xml", "38534005", 9,
         Author("Kouri", "Timo T", orcid="0000-0002-3282-232X"),
         "Task and Finish Group for Urinalysis (TFG-U), European Federation of Clinical Chemistry "
         "and Laboratory Medicine (EFLM)"),
        ("mined_collective_only.xml", "32627312", 1, Author(collective="PelvEx Collaborative"),
         "PelvEx Collaborative"),
        ("mined_no_authors.xml", "33336832", 0, None, None),
        ("pubmedsample_2019.xml.gz", "9634358", 6, Author("Dunkel", "E C"), None),
        ("pubmedsample_2019.xml.gz", "11237011", 257, Author("Lander", "E S"),
         "International Human Genome Sequencing Consortium"),
    ],
)  # fmt: skip
def test_authors(
    shared: Path, file: str, pmid: str, count: int, first: Author | None, group: str | None
) -> None:
    found = _paper(shared, file, pmid).authors
    assert len(found) == count
    assert next(iter(found), None) == first
    assert next((a.collective for a in found if a.collective), None) == group


@pytest.mark.parametrize(
    ("file", "pmid", "venue", "short"),
    [
        ("efetch_20301546.xml", "20301546", "GeneReviews®", ""),
        ("efetch_38468501.xml", "38468501", "Zhonghua zhong liu za zhi [Chinese journal of oncology]",
         "Zhonghua Zhong Liu Za Zhi"),
        ("mined_preprint_type.xml", "32995776", "bioRxiv : the preprint server for biology", "bioRxiv"),
        ("mined_status_publisher.xml", "31809677", "Journal of women & aging", "J Women Aging"),
    ],
)  # fmt: skip
def test_venues(shared: Path, file: str, pmid: str, venue: str, short: str) -> None:
    paper = _paper(shared, file, pmid)
    assert (paper.venue, paper.venue_short) == (venue, short)


def test_a_second_version_is_another_record(shared: Path) -> None:
    paper = _paper(shared, "mined_pmid_version_gt1.xml", "33728380")
    assert paper.key == "pubmed:33728380v2"


# -- replies that are lists, and replies that are errors ------------------------------------------


def test_deletions(shared: Path) -> None:
    folder = shared / "captures/pubmed"
    page = read((folder / "delete_citation.xml").read_bytes())
    assert (len(page.deletions), page.deletions[0], page.records) == (20, "31688362", ())
    sample = read((folder / "pubmedsample_2019.xml.gz").read_bytes())
    assert (len(sample.records), len(sample.deletions)) == (176, 7)


@pytest.mark.parametrize(
    ("file", "stated", "count", "first", "following", "warnings"),
    [
        ("esearch_2026.json", 115258, 3, "41884867", None, ()),
        ("esearch_biopython.xml", 63, 20, "41282813", None, ()),
        ("esearch_usehistory_webenv.xml", 42249, 100, "41297076", "MCID_6927d6e7fee3e90f880ec190 1", ()),
        ("esearch_phrase_not_found.xml", 0, 0, None, None,
         ("PhraseNotFound: abcXYZ", "OutputMessage: No items found.")),
    ],
)  # fmt: skip
def test_searches(
    shared: Path,
    file: str,
    stated: int,
    count: int,
    first: str | None,
    following: str | None,
    warnings: tuple[str, ...],
) -> None:
    page = read((shared / "captures/pubmed" / file).read_bytes())
    assert (page.stated, len(page.ids), next(iter(page.ids), None)) == (stated, count, first)
    assert (page.next, page.warnings) == (following, warnings)
    assert query_alterations(page) == tuple(w for w in warnings if "abcXYZ" in w)
    assert page.translation


def test_an_unknown_pmid_gives_an_empty_page(shared: Path) -> None:
    page = read((shared / "captures/pubmed/efetch_37909814.xml").read_bytes())
    assert (page.records, page.deletions, page.ids, page.stated) == ((), (), (), None)


@pytest.mark.parametrize(
    ("file", "error"),
    [
        ("pubmed/epost_invalid_ids.xml", BadRequestError),
        ("pubmed/esummary_error_missing_id.xml", BadRequestError),
        ("pubmed/pubmed_asn1_in_html.html", TransientError),
        ("quoted_errors/ncbi_429.json", ThrottledError),
        ("quoted_errors/ncbi_esearch_retstart_over_9998.json", BadRequestError),
        ("quoted_errors/arxiv_429.txt", ThrottledError),
        ("quoted_errors/biorxiv_www_cloudflare_1015.txt", ThrottledError),
        ("quoted_errors/biorxiv_mysql_down.txt", TransientError),
        ("quoted_errors/arxiv_error_entry_http200.xml", NotDataError),
        ("quoted_errors/biorxiv_no_articles_found.json", NotDataError),
        ("quoted_errors/europepmc_pagesize_error_http200.json", NotDataError),
        ("quoted_errors/pmc_efetch_not_oa_skeleton.xml", NotDataError),
    ],
)
def test_error_bodies(shared: Path, file: str, error: type[SourceError]) -> None:
    with pytest.raises(SourceError) as caught:
        read((shared / "captures" / file).read_bytes())
    assert type(caught.value) is error


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
def test_a_reply_cut_short_is_transient(shared: Path, share: float) -> None:
    for file in (
        "topic_nets.xml",
        "esearch_2026.json",
        "esearch_biopython.xml",
        "pubmedsample_2019.xml.gz",
    ):
        body = (shared / "captures/pubmed" / file).read_bytes().rstrip()
        with pytest.raises(TransientError):
            read(body[: int(len(body) * share)])
