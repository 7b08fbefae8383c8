"""Texts that a way of computing is tried on before it is trusted, and that ranges are read from.

Written for this: many kinds of biomedical sentence, the shortest and the longest text. To change
one changes the vectors that are computed in int8 (see `ranges`).
"""

from __future__ import annotations

PROBES = (
    "Neutrophils.",
    "Cancer-associated fibroblasts remodel the extracellular matrix and exclude CD8+ T cells.",
    "We randomised 1,204 patients (HR 0.71; 95% CI 0.58-0.87; P < 0.001) to FOLFIRINOX or placebo.",
    "Single-cell RNA sequencing of 42 tumours shows α-SMA+ and IL-6+ states, whose abundance "
    "changes with stage, site and treatment; blocking CXCR2 lowered NET formation in mice. " * 4,
)

RANGES = (
    *PROBES,
    "Erratum.",
    "Effect of statins on blood lipids in the elderly: a systematic review and meta-analysis.",
    "BACKGROUND: Hospital-acquired pneumonia after stroke is common. METHODS: Records of 3,410 "
    "admissions were reviewed. RESULTS: 212 (6.2%) had pneumonia; age (OR 1.04 per year), "
    "dysphagia (OR 3.1) and NIHSS above 15 predicted it. CONCLUSIONS: Screen swallowing early.",
    "The crystal structure at 2.1 Å shows that the inhibitor binds Zn2+ through its hydroxamate, "
    "while Tyr-314 closes over the pocket; the mutant Y314F lost 40-fold in affinity (Kd 12 nM).",
    "Mice lacking Il1r1 in myeloid cells gained less weight on a high-fat diet, had lower fasting "
    "glucose and insulin, and kept brown fat active at 22 degrees.",
    "Wir berichten über einen 54-jährigen Patienten mit seltener Lungenerkrankung.",
    "Une enquête auprès de 812 médecins généralistes sur la vaccination contre la grippe.",
    "A 63-year-old woman presented with fever, a rash and confusion. CSF PCR was positive for HSV.",
    "We describe an R package for the analysis of methylation arrays: reading, quality control, "
    "normalisation, differential positions (limma), and plots. Code: https://example.org/pkg.",
    "Soil bacteria of the genus Streptomyces were isolated from 18 sites; 16S rRNA and BOX-PCR "
    "put them in five clades, of which two produced a new polyketide with activity against MRSA.",
    "Adolescents' sleep, screen time and mood were followed for two years in four schools. Girls "
    "slept 22 min less on school nights; each hour of evening use went with later sleep onset.",
    "Cost-effectiveness of HPV vaccination in a low-income country: a Markov model gave 412 US$ "
    "per QALY; results were most sensitive to coverage, price and the discount rate (3%).",
    "Nurses' views of a checklist for handover: interviews, themes, and what hindered its use.",
    "Deep learning segmentation of retinal OCT: a U-Net reached a Dice of 0.93, AUC = 0.981, on "
    "three external sets, and failed on scans with vitreous haemorrhage or poor signal.",
    "Gold nanoparticles (13 ± 2 nm) with PEG-SH and anti-EGFR were taken up by A431 cells; at "
    "808 nm, 1.5 W/cm2, they killed 87% of cells in 5 min. In vivo, tumours shrank by half.",
    "EEG and fMRI in 28 volunteers: alpha power fell over occipital sites (t(27) = 4.2, P = "
    "0.0003), and the BOLD response of V1 followed it by about 4 s; no effect in frontal areas.",
    "Genome-wide association in 120,000 people found 14 loci for gout, among them SLC2A9 and "
    "ABCG2 (rs2231142, P = 3e-210); a polygenic score explained 6% of urate variance.",
    "(1) No. (2) Yes; see Table 3. [Corrected] ... *** 12/34 - 0.5 mg/kg/d ... ???",
    "Zika, dengue and chikungunya viruses share Aedes vectors. During an outbreak in 2016 we "
    "tested 1,055 febrile patients by RT-PCR and serology; co-infection was rare (1.3%). "
    "Microcephaly was seen in 2 of 71 births. Vector control and surveillance are discussed. " * 3,
    "The role of the gut microbiome in response to checkpoint blockade: Akkermansia muciniphila, "
    "diet, antibiotics, and faecal transplants; open questions for trials. "
    "Patients' outcomes were graded by RECIST 1.1, toxicity by CTCAE. " * 5,
)
