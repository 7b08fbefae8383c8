"""How near texts of biomedicine are to each other by chance, for any encoder. Pure.

What an archive of one field cannot know: to "tumor" all its works are near. And cosines mean
something else with each encoder. So both are asked of texts that have nothing to do with each
other: terms, and titles of papers that do not exist, a few of each part of biomedicine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.ranking.features import encoded

if TYPE_CHECKING:
    from numpy import float32, float64
    from numpy.typing import NDArray

    from service.ranking.features import Encode

TERMS = tuple(
    term.replace("-", " ")
    for term in """blood-pressure school-children soil-bacteria hip-replacement sleep-quality
    crystal-structure heart-failure drinking-water gene-expression nursing-staff bone-density
    visual-cortex insulin-resistance plant-growth health-insurance kidney-transplant
    protein-folding viral-infection dental-caries mouse-behaviour spinal-cord air-pollution
    liver-enzymes breast-milk""".split()  # noqa: SIM905 (reads as a list)
)
TITLES = (
    "Blood pressure control and stroke in adults with diabetes: a cohort study",
    "Atrial fibrillation after cardiac surgery: incidence and outcomes",
    "Echocardiography of the right ventricle in pulmonary hypertension",
    "Kidney function decline in patients on long-term lithium",
    "Insulin secretion by pancreatic islets in obese mice",
    "Gut bacteria and weight gain after a high-fat diet in rats",
    "Thyroid nodules on ultrasound: which to biopsy",
    "Colonoscopy screening for colorectal cancer in younger adults",
    "Non-alcoholic fatty liver disease and physical activity",
    "Surgical repair of inguinal hernia: open or laparoscopic",
    "Chemotherapy for advanced breast cancer in older women",
    "A kinase inhibitor in non-small cell lung cancer with resistance mutations",
    "Leukemia stem cells and their bone marrow niche",
    "Prostate cancer detection by magnetic resonance imaging",
    "A missense variant in a potassium channel causes epilepsy in a family",
    "Gene editing of hematopoietic stem cells for sickle cell disease",
    "Single-cell sequencing of the developing human retina",
    "Long non-coding RNA in the differentiation of muscle cells",
    "Crystal structure of a bacterial membrane transporter",
    "Autophagy and mitochondria in aging yeast",
    "Antibiotic resistance of Escherichia coli in hospital wastewater",
    "Tuberculosis treatment adherence in rural clinics",
    "Malaria transmission and mosquito resistance to insecticides",
    "Antibody response to a SARS-CoV-2 booster dose",
    "HIV prevention among young women in southern Africa",
    "Sepsis in newborns: diagnosis and early treatment",
    "Mechanical ventilation in acute respiratory distress syndrome",
    "Asthma control in school children exposed to air pollution",
    "Sleep apnea and daytime sleepiness in truck drivers",
    "Cognitive behavioral therapy for anxiety in adolescents: a meta-analysis",
    "Antipsychotic drugs and weight gain in schizophrenia",
    "Amyloid and tau in the early stages of Alzheimer's disease",
    "Cortical activity during reading measured by functional MRI",
    "Dopamine neurons and reward learning in monkeys",
    "Spinal cord injury: axon regeneration in rats",
    "Opioid use after knee replacement",
    "General anesthesia and postoperative delirium in the elderly",
    "Osteoporosis treatment and fracture risk in postmenopausal women",
    "Rheumatoid arthritis activity under biological drugs",
    "Muscle strength and falls in older people",
    "Football players and anterior cruciate ligament injuries",
    "Preterm birth and cognitive outcomes at school age",
    "Cesarean section rates in private hospitals",
    "In vitro fertilization outcomes after embryo freezing",
    "Atopic dermatitis and skin barrier proteins",
    "Wound dressings with silver nanoparticles",
    "Dental implants in patients with periodontitis",
    "Cataract surgery and visual quality",
    "Cochlear implants in children with hearing loss",
    "Pharmacokinetics of an oral anticoagulant in renal impairment",
    "Synthesis and antibacterial activity of thiazole derivatives",
    "A fluorescent probe for hydrogen peroxide in living cells",
    "Extraction of polyphenols from olive leaves",
    "Drought tolerance in wheat: candidate genes",
    "Heavy metals in river fish and human health risk",
    "Heat waves and emergency admissions in cities",
    "Mastitis in dairy cows: pathogens and milk yield",
    "Deep learning for chest radiographs",
    "Burnout of nurses and staffing in acute wards",
    "Shared decisions in palliative care: a qualitative study",
    "Smoking cessation by text messages: a randomized controlled trial",
    "Food insecurity and child nutrition in low-income countries",
    "Venous thrombosis after air travel",
    "A rare case of cardiac sarcoidosis",
)


def spread_of(rows: NDArray[float32] | NDArray[float64]) -> tuple[float, float]:
    """The mean and the deviation of the cosines between some texts' vectors."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    cosines = (rows @ rows.T)[np.triu_indices(len(rows), 1)]
    return float(cosines.mean()), max(float(cosines.std()), 1e-9)


def above_titles(
    near: NDArray[float64], vector: NDArray[float32], encode: Encode
) -> NDArray[float64]:
    """Cosines of works to a vector, in deviations above what titles have by chance.

    A deviation is that of titles' cosines to each other, the same for every vector: to a word that
    tells little ("significantly") everything is about as near, and that shall not be spread out.
    """
    titles = encoded(TITLES, encode)
    _, deviation = spread_of(titles)
    found: NDArray[float64] = (near - float((titles @ vector).mean())) / deviation
    return found
