"""How common words are in biomedical abstracts at large: what a small archive cannot know.

Counted over 18,446 abstracts of one PubMed update file: the words, folded as `words` folds them,
that at least 15 in 1,000 abstracts hold, by the least share (in 1,000) of their group.
"""

from __future__ import annotations

from service.ranking.words import STOP

_TELLING = 0.01  # a word that fewer abstracts hold, by share, tells of a subject
_UNLISTED = 2.0  # in 1,000: the middle of all that is not listed, weighed by how often it is met
_GROUPS = {
    15: """
    abnormal above acquired admission adolescent affecting altered amino another anterior
    antibiotic antigen antioxidant anxiety approximately assessing axis beside beyond bia broad
    category certain characterize chemotherapy child chinese choice classified clinic clinician
    cluster coefficient combining comorbidity comparative comparing concept confirm consecutive
    consider constructed contact contain continuous controlling correlate coupled cox decline
    defect department depth detailed diet differ dimensional direction discharge discovery
    distance diversity down dual economic embase emergency emission epithelial establish
    evaluating evolution exist extensive extent external extracellular extract eye face fast
    final fluid fluorescence formed fraction frequent gain gap gender generally generate genomic
    growing guide half hand head hence heterogeneity home hormone hour hr hypertension
    hypothesis identifying impaired implementation implemented importantly increasingly
    independently induction infected inform inhibitory injection integrated intensity intensive
    intermediate internal international invasion joint kidney largely late later link liquid
    live machine malignancy malignant manner march matched matrix matter medium memory met
    metabolite metastasis methodology microscopy middle mitochondrial mode morbidity morphology
    mostly motor ms multivariable mum must near negatively next nm numerous off operating
    operation organism overexpression oxide parent partial particle peak pediatric perceived
    perception perform peripheral person ph physician policy poorly position power practical
    predicting pregnancy preparation presentation primarily pro professional progress promoting
    protection psychological pulmonary qualitative radiation random randomly rapidly rather ray
    re receiving recognition recommended recurrence reflect regulator reliable removal renal
    repair researcher resection responsible retrospectively rich robust routine scan scientific
    sd searched selective serious shift showing society software sought space spatial
    spectrometry spectroscopy spectrum staining standardized stimulation stroke strongly student
    subgroup subsequently substantial substrate success suitable suppressed synthetic temporal
    theoretical theory thereby throughout transmission transport treating twenty united
    university until upregulated uptake usually utilized vaccine variability varied viral web
    wild working
    """,
    20: """
    able absence access account accumulation accurate achieve act action activated adjusted
    administered advance advantage algorithm alone alteration amount analysed analyze antibody
    apoptosis appear appropriate around artery aspect background bacteria bacterial barrier
    basis become behavioral beneficial bone breast burden candidate carbon carcinoma cardiac
    cardiovascular carried chain challenging characterization china class classification clear
    clinically commonly comparable completed composition computed concern consequence
    considering consistent consumption contribution conventional core coronavirus corresponding
    country course crucial ct culture currently curve cytokine daily dataset date decade
    december decision deep degradation degree delivery demographic depression detect device
    diabete differential differentiation difficult directly discussed distinct diverse divided
    doe double driven dysfunction education effectively effectiveness effort eight electron
    electronic element elevated emerging employed enable enrolled examination example excellent
    exhibit existing expected experienced exposed extracted facilitate find focused food
    frequently full fully glucose goal grade great guideline hazard healthcare host iii
    impairment implication improving inclusion indicating indicator inhibit inhibited interest
    interview invasive involvement involving ion isolated issue january kg kinase laboratory
    larger last layer left lesion ligand limit limitation linked lipid little living location
    longer longitudinal magnetic majority make making maximum mechanical medication medicine
    member men mental meta metabolism metal migration mild min mixed ml mm modeling modification
    modified mouse mri mrna much multivariate muscle mutation nanoparticle nature necessary
    neural nine nuclear observation observational occurred occurrence odd offer old online onset
    opportunity optimal option oral organ organic organization oxidative oxygen particular past
    pathogen pathogenesis pathological pathology pcr peptide percentage perspective phenotype
    physiological plasma platform positively postoperative predicted predictive predictor
    prepared prevent prevention processing produce produced prognostic promoted proportion
    propose protective providing pubmed question rapid rat reactive recommendation record
    recorded recovery recruited reference regulated regulating regulatory relation relatively
    release remained reporting resistant resolution resonance resource reviewed safe science
    search seen selection sensitive sequence sequencing serve service seven side significance
    simple simulation skin solid specifically specificity statistical stem strain strength
    subsequent successful successfully superior synthesized systemic taken task third tomography
    toxicity traditional transcription transfer transition treat trend undergoing understood us
    validated validation variant variety vascular virus visual western white whole worldwide
    yield young
    """,
    30: """
    accuracy achieved additional additionally address administration advanced adverse affected
    aged agent allow along alpha alternative animal attention average baseline because best beta
    binding biomarker calculated capacity cellular center central chemical co cognitive
    community compare complete compound comprehensive containing content context contrast
    contribute correlated cost criteria cycle damage defined density described designed
    detection develop developing diagnosed diagnostic direct discuss distribution dna domain
    duration efficiency efficient end energy enhance environmental enzyme essential estimate
    estimated even exhibited explored expressed failure finally flow focus framework frequency
    general generated generation genome given global heart herein highest highlight history
    identification ii image importance incidence include induce inflammation inhibition initial
    injury investigation lack leading learning least led length light linear liver local
    logistic lung made mainly marker measurement membrane metabolic mg moderate molecule
    monitoring multi national natural occur older open pain pandemic paper part particularly
    people physical plant poor potentially pre predict prediction pressure prevalence previously
    prior problem product profile prognosis program proliferation promote prospective protocol
    provided public published purpose quantitative questionnaire randomized rare real received
    recently reducing regulate relative represent require resistance respiratory resulted
    resulting reveal right rna safety screening sectional selected sensitivity serum sery set
    setting severity sex short signal since six social solution source stability stable
    statistically step strong structural subject suggested suggesting survey syndrome synthesis
    systematic targeted targeting technology temperature tested testing together training
    unclear understand unique unit unknown useful variation versus volume way weight wide widely
    world
    """,
    45: """
    ability according acid activation active acute affect against anti applied article assay
    available behavior benefit biological blood body brain caused challenge characterized
    children chronic collected combination combined comparison complication component conclusion
    confidence confirmed considered controlled correlation covid critical cross database death
    decrease demonstrate dependent derived describe design despite detected determined disorder
    dose dynamic efficacy either enhanced environment especially established evaluation event
    examine examined experience experiment experimental explore exposure family feature female
    field five follow followed form formation free genetic good greater growth healthy help
    highly hospital imaging immune improved improvement increasing independent index indicate
    indicated inflammatory influence inhibitor insight interval intervention involved key
    knowledge lead less life like likely limited line literature loss main major male management
    mass material measured median mediated medical mice might moreover mortality needed negative
    network normal objective obtained often order parameter pattern period phase play point
    possible post practice presence presented previous procedure production progression
    promizing property proposed reaction recent receptor reduce reduction regarding region
    regulation relevant required retrospective scale second secondary self severe shown
    signaling site size small specy stage standard status still stress studied surface surgery
    surgical survival symptom technique tool toward trial underlying underwent variable vitro
    vivo vs water week wherea women
    """,
    70: """
    across addition adult aimed although analyse analyzed application area assess assessed
    assessment association better care cause characteristic ci cohort common complex
    concentration conducted current day decreased demonstrated determine developed diagnosis
    drug early effective evaluate evaluated following four functional furthermore future
    identify improve individual infection information interaction investigate investigated known
    large long many measure molecular month multiple need overall participant pathway
    performance positive primary quality range ratio reduced regression relationship remain
    score several similar single state structure support target term therapeutic therapy
    therefore tissue treated tumor understanding value various work
    """,
    100: """
    activity age aim among approach cancer case change condition control development difference
    evidence expression finding first function gene health human identified impact important
    included increase induced low lower mean mechanism new non novel number observed outcome
    performed population process protein report reported research respectively response revealed
    review sample show specific strategy suggest system test three total type
    """,
    150: """
    associated based cell clinical compared data different disease factor found group high
    higher including increased level method model one potential present provide rate related
    risk role showed significant significantly time treatment two use well year
    """,
    250: """
    analysis effect patient result used
    """,
    400: """
    study
    """,
}
_PER_MILLE = {word: float(share) for share, group in _GROUPS.items() for word in group.split()}


def share_of(word: str) -> float:
    """The expected share of abstracts that hold the folded `word`, from 0 to 1."""
    return _PER_MILLE.get(word, _UNLISTED) / 1000.0


def is_telling(word: str, most: float = _TELLING) -> bool:
    """Whether few works at large, less than that share of them, hold the word."""
    return word not in STOP and share_of(word) < most
