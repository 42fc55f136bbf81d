from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.errors import ConfigError
from omnisci_etl.papers import disciplines
from omnisci_etl.papers.disciplines import Taxonomy, load, parse

MMSCI_SUBJECTS = """
    Materials science; Chemistry; Physics; Nanoscience and technology; Optics and photonics; Engineering;
    Energy science and technology; Mathematics and computing; Astronomy and planetary science;
    Ecology; Climate sciences; Solid Earth sciences; Environmental sciences; Biogeochemistry; Ocean sciences;
    Environmental social sciences; Natural hazards; Planetary science; Hydrology; Limnology; Space physics;
    Cell biology; Biochemistry; Microbiology; Neuroscience; Molecular biology; Genetics; Cancer; Immunology;
    Biological techniques; Computational biology and bioinformatics; Biotechnology; Biophysics; Structural biology;
    Developmental biology; Evolution; Plant sciences; Physiology; Chemical biology; Systems biology; Drug discovery;
    Stem cells; Zoology; Psychology; Diseases; Medical research; Oncology; Health care; Pathogenesis; Biomarkers;
    Cardiology; Gastroenterology; Endocrinology; Anatomy; Neurology; Molecular medicine; Risk factors; Rheumatology;
    Nephrology; Signs and symptoms; Urology; Health occupations; Social sciences; Scientific community;
    Energy and society; Agriculture; Developing world; Water resources; Geography; Business and industry; Forestry
"""
OPENALEX_FIELDS = """
    Agricultural and Biological Sciences; Arts and Humanities; Biochemistry, Genetics and Molecular Biology;
    Business, Management and Accounting; Chemical Engineering; Chemistry; Computer Science; Decision Sciences;
    Earth and Planetary Sciences; Economics, Econometrics and Finance; Energy; Engineering; Environmental Science;
    Immunology and Microbiology; Materials Science; Mathematics; Medicine; Neuroscience; Nursing;
    Pharmacology, Toxicology and Pharmaceutics; Physics and Astronomy; Psychology; Social Sciences; Veterinary;
    Dentistry; Health Professions
"""
ARXIV_SPOT_CHECKS = {
    "cs.CL": "computer-science",
    "cs.CY": "computer-science",
    "stat.ML": "statistics",
    "math.AG": "mathematics",
    "hep-lat": "physics",
    "quant-ph": "physics",
    "nlin.CD": "physics",
    "cond-mat.soft": "physics",
    "cond-mat.mtrl-sci": "materials-science",
    "physics.gen-ph": "physics",
    "physics.chem-ph": "chemistry",
    "physics.geo-ph": "earth-science",
    "physics.soc-ph": "social-science",
    "physics.med-ph": "medicine",
    "physics.data-an": "statistics",
    "astro-ph.CO": "astronomy",
    "q-bio.BM": "biology",
    "q-bio.NC": "neuroscience",
    "q-fin.ST": "economics",
    "econ.EM": "economics",
    "eess.AS": "engineering",
    # carried by old papers only
    "cond-mat": "physics",
    "astro-ph": "astronomy",
    "q-bio": "biology",
    "cmp-lg": "computer-science",
    "mtrl-th": "materials-science",
    "alg-geom": "mathematics",
    "dg-ga": "mathematics",
    "funct-an": "mathematics",
    "q-alg": "mathematics",
    "acc-phys": "physics",
    "adap-org": "physics",
    "atom-ph": "physics",
    "chao-dyn": "physics",
    "comp-gas": "physics",
    "patt-sol": "physics",
    "plasm-ph": "physics",
    "solv-int": "physics",
    "supr-con": "physics",
    "ao-sci": "earth-science",
    "bayes-an": "statistics",
    "chem-ph": "chemistry",
    "physics": "physics",
    "nlin": "physics",
    "cs": "computer-science",
    "math": "mathematics",
    "stat": "statistics",
    "eess": "engineering",
    "econ": "economics",
    "q-fin": "economics",
}
# The second levels of the publisher's scheme.
CODES = {
    "biology": "/631/45 /631/57 /631/61 /631/80 /631/114 /631/136 /631/158 /631/181 /631/208 /631/250 /631/326 /631/337 /631/443 "
    "/631/449 /631/532 /631/535 /631/553 /631/601 /631/1647",
    "chemistry": "/631/92 /639/638",
    "medicine": "/631/67 /631/154 /692/308 /692/420 /692/53 /692/699 /692/700 /692/617 /692/4017 /692/4019 /692/4020 /692/4028",
    "neuroscience": "/631/378",
    "psychology": "/631/477 /692/699/476/1414 /706/689/477/2811",
    "materials-science": "/639/301 /639/925 /639/4077/4079/891",
    "engineering": "/639/166 /639/4077 /639/4077/909 /639/4077/4091",
    "physics": "/639/624 /639/766 /639/766/483/481",
    "astronomy": "/639/33 /639/33/525 /704/445 /704/525",
    "computer-science": "/639/705 /639/705/117 /639/705/258",
    "statistics": "/639/705/531",
    "earth-science": "/704/47 /704/106 /704/242 /704/286 /704/829 /704/2151 /704/4111",
    "environmental-science": "/704/158 /704/172 /704/844",
    "social-science": "/706/648 /706/689",
}


def listed(text: str) -> list[str]:
    return [" ".join(item.split()) for item in text.split(";")]


def raw() -> dict[str, object]:
    text = resources.files("omnisci_etl").joinpath("taxonomy.yaml").read_text(encoding="utf-8")
    loaded: dict[str, object] = yaml.safe_load(text)
    return loaded


def slugs(taxonomy: Taxonomy, **evidence: list[str]) -> list[str]:
    return [a.discipline for a in taxonomy.classify(**evidence)]


def test_the_shipped_taxonomy_loads_once_and_is_wide() -> None:
    taxonomy = load()
    assert taxonomy is load()
    assert re.fullmatch(r"\d{4}\.\d{2}(\.\d+)?", taxonomy.version)
    assert len(taxonomy.names) >= 12
    assert disciplines.UNKNOWN not in taxonomy.names
    assert all(taxonomy.require(name).title for name in taxonomy.names)


def test_arxiv_has_its_155_categories_each_with_exactly_one_discipline() -> None:
    taxonomy = load()
    assert len(taxonomy.arxiv.all) == len(set(taxonomy.arxiv.all)) == 155
    for category in taxonomy.arxiv.all:
        (assignment,) = taxonomy.classify(arxiv_categories=[category])
        assert assignment.primary
        assert assignment.evidence == category
        assert assignment.evidence_kind == "arxiv-category"


@pytest.mark.parametrize(("category", "discipline"), ARXIV_SPOT_CHECKS.items())
def test_arxiv_categories_go_where_they_belong(category: str, discipline: str) -> None:
    assert slugs(load(), arxiv_categories=[category]) == [discipline]


@pytest.mark.parametrize("subject", listed(MMSCI_SUBJECTS))
def test_every_mmsci_subject_is_known_by_name_and_by_slug(subject: str) -> None:
    by_name = slugs(load(), subjects=[subject])
    assert by_name
    assert slugs(load(), subjects=[subject.lower().replace(" ", "-")]) == by_name


def test_mmsci_has_71_names() -> None:
    assert len(set(listed(MMSCI_SUBJECTS))) == 71


@pytest.mark.parametrize("field", listed(OPENALEX_FIELDS))
def test_every_openalex_field_is_known(field: str) -> None:
    (assignment,) = load().classify(openalex_fields=[field])
    assert assignment.evidence_kind == "openalex-field"


@pytest.mark.parametrize(
    ("top", "discipline"),
    [
        ("biological-sciences", "biology"),
        ("physical-sciences", "physics"),
        ("health-sciences", "medicine"),
        ("earth-and-environmental-sciences", "earth-science"),
        ("scientific-community-and-society", "social-science"),
    ],
)
def test_top_subjects_count_only_where_nothing_finer_does(top: str, discipline: str) -> None:
    assert slugs(load(), subjects=[top]) == [discipline]
    assert slugs(load(), subjects=[top, "Economics"]) == ["economics"]


def test_a_paper_has_many_disciplines_and_the_first_category_is_primary() -> None:
    found = load().classify(arxiv_categories=["cs.LG", "stat.ML", "cs.CL", "q-bio.NC"])
    assert [(a.discipline, a.evidence, a.primary) for a in found] == [
        ("computer-science", "cs.LG", True),
        ("statistics", "stat.ML", False),
        ("neuroscience", "q-bio.NC", False),
    ]


def test_among_subjects_the_majority_is_primary() -> None:
    found = load().classify(subjects=["Nanoparticles", "Imaging and sensing", "Super-resolution microscopy"])
    assert found[0].discipline == "physics"
    assert {a.discipline for a in found} >= {"materials-science", "biology"}


def test_a_further_home_never_comes_before_a_home() -> None:
    found = load().classify(subjects=["Biochemistry", "Economics"])
    assert [a.discipline for a in found] == ["biology", "economics", "chemistry"]
    assert found[2].evidence == "Biochemistry"


@pytest.mark.parametrize(
    ("code", "discipline"),
    [
        ("/639/638/403/933", "chemistry"),
        ("/639/301/299/891", "materials-science"),
        ("/639/766/119", "physics"),
        ("/639/33/34", "astronomy"),
        ("/639/999", "physics"),
        ("/631/378/2583", "neuroscience"),
        ("/631/208", "biology"),
        ("692/699/67", "medicine"),
        ("/704/106", "earth-science"),
        ("/704/172/4081", "environmental-science"),
        ("/639/705/531", "statistics"),
        ("/706/689", "social-science"),
    ],
)
def test_codes_match_by_their_longest_prefix(code: str, discipline: str) -> None:
    (assignment,) = load().classify(codes=[code])
    assert (assignment.discipline, assignment.evidence) == (discipline, code)


@pytest.mark.parametrize(("discipline", "codes"), CODES.items())
def test_every_second_level_of_the_publisher_has_a_discipline(discipline: str, codes: str) -> None:
    for code in codes.split():
        assert slugs(load(), codes=[code]) == [discipline], code


def test_documents_print_categories_and_codes_where_subjects_stand() -> None:
    found = load().classify(subjects=["stat.ML", "hep-th", "/639/638", "631/208", "Zoology"])
    assert [(a.discipline, a.evidence_kind, a.evidence) for a in found] == [
        ("statistics", "arxiv-category", "stat.ML"),
        ("physics", "arxiv-category", "hep-th"),
        ("chemistry", "publisher-code", "/639/638"),
        ("biology", "publisher-code", "631/208"),
    ]
    categories = ["astro-ph.CO", "math.AG", "physics.optics", "cs", "q-alg"]
    assert {a.evidence_kind for a in load().classify(subjects=categories)} == {"arxiv-category"}
    (name,) = load().classify(subjects=["physics"])
    assert name.evidence_kind == "subject"


@pytest.mark.parametrize(
    ("subject", "discipline"),
    [
        ("Membrane structure and assembly", "biology"),
        ("Tumour-suppressor proteins", "medicine"),
        ("Nanocavities", "materials-science"),
        ("Quantum dots for lasers", "physics"),
        ("Palaeoecology", "earth-science"),
        ("Geometry and topology", "mathematics"),
        ("Neuronal ageing", "neuroscience"),
        ("Stellar dynamos", "astronomy"),
        ("Photocatalytic reactions", "chemistry"),
        ("Game theory", None),
    ],
)
def test_a_term_that_is_not_listed_goes_by_its_words(subject: str, discipline: str | None) -> None:
    assert slugs(load(), subjects=[subject]) == ([discipline] if discipline else [])


def test_techniques_and_objects_count_half() -> None:
    found = slugs(
        load(),
        subjects=[
            "Nanoparticles",
            "Transmission electron microscopy",
            "Nanophotonics and plasmonics",
            "Quantum optics",
        ],
    )
    assert found[0] == "physics"
    assert slugs(load(), subjects=["Nanoparticles", "Nanophotonics and plasmonics"])[0] == "physics"
    assert slugs(load(), subjects=["Nanoparticles"]) == ["materials-science"]


@pytest.mark.parametrize(
    ("name", "discipline"),
    [
        ("Astronomy and Astrophysics", "astronomy"),
        ("Statistics and Probability", "statistics"),
        ("Psychiatry and Mental health", "psychology"),
        ("Life Sciences", "biology"),
        ("Health Sciences", "medicine"),
        ("Physical Sciences", "physics"),
        ("Social Sciences", "social-science"),
    ],
)
def test_openalex_subfields_and_domains(name: str, discipline: str) -> None:
    assert slugs(load(), openalex_fields=[name])[0] == discipline


def test_an_openalex_domain_counts_only_where_nothing_finer_does() -> None:
    assert slugs(load(), openalex_fields=["Physical Sciences", "Chemistry"]) == ["chemistry"]


def test_a_prefix_ends_at_a_slash() -> None:
    assert load().classify(codes=["/6390/638", "/140/131", "", "/"]) == ()
    assert slugs(load(), codes=["/639/6380"]) == ["physics"]


def test_kinds_of_evidence_have_an_order() -> None:
    found = load().classify(
        openalex_fields=["Medicine"], subjects=["Zoology"], codes=["/639/638"], arxiv_categories=["math.NT"]
    )
    assert [a.discipline for a in found] == ["mathematics", "chemistry", "biology", "medicine"]
    assert [a.primary for a in found] == [True, False, False, False]


def test_nothing_known_gives_nothing() -> None:
    assert load().classify() == ()
    assert load().classify(arxiv_categories=["xx.YY", ""], subjects=["Alchemy"], openalex_fields=[""]) == ()


def test_an_openalex_name_outside_its_fields_is_tried_as_a_subject() -> None:
    assert slugs(load(), openalex_fields=["Physics"]) == ["physics"]
    assert slugs(load(), openalex_fields=["Climate science"]) == ["earth-science"]


def test_require_names_close_matches() -> None:
    assert load().require("chemistry").title == "Chemistry"
    with pytest.raises(ConfigError, match="did you mean materials-science"):
        load().require("material science")
    with pytest.raises(ConfigError, match=r"known are: .*neuroscience"):
        load().require("zzz")


@pytest.mark.parametrize(
    ("slug", "specs"),
    [
        ("computer-science", {"cs"}),
        ("mathematics", {"math"}),
        ("statistics", {"stat", "physics:physics:data-an"}),
        ("economics", {"econ", "q-fin"}),
        ("engineering", {"eess"}),
        ("astronomy", {"physics:astro-ph", "physics:physics:space-ph"}),
        ("materials-science", {"physics:cond-mat:mtrl-sci"}),
        ("neuroscience", {"q-bio:q-bio:NC"}),
        ("psychology", set()),
    ],
)
def test_sets_of_a_discipline(slug: str, specs: set[str]) -> None:
    assert set(load().arxiv_sets(slug)) == specs


def test_an_archive_shared_by_disciplines_is_asked_by_category() -> None:
    physics = load().arxiv_sets("physics")
    assert {
        "physics:hep-th",
        "physics:quant-ph",
        "physics:nlin",
        "physics:cond-mat:soft",
        "physics:physics:gen-ph",
    } <= set(physics)
    assert "physics:cond-mat" not in physics
    assert "physics:cond-mat:mtrl-sci" not in physics
    assert "q-bio:q-bio:BM" in load().arxiv_sets("biology")


def covered(taxonomy: Taxonomy, spec: str) -> set[str]:
    names = {c: f"{taxonomy.arxiv.group_of[c.partition('.')[0]]}:{c.replace('.', ':')}" for c in taxonomy.arxiv.all}
    return {c for c, full in names.items() if full == spec or full.startswith(spec + ":")}


def test_the_sets_of_all_disciplines_cover_each_category_exactly_once() -> None:
    taxonomy = load()
    homes = [
        (category, name)
        for name in taxonomy.names
        for s in taxonomy.arxiv_sets(name)
        for category in covered(taxonomy, s)
    ]
    assert sorted(c for c, _ in homes) == sorted(taxonomy.arxiv.all)
    assert all(slugs(taxonomy, arxiv_categories=[category]) == [name] for category, name in homes)


def test_sets_of_an_unknown_discipline_are_an_error() -> None:
    with pytest.raises(ConfigError):
        load().arxiv_sets("alchemy")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["disciplines"]["mathematics"].update(arxiv=[]), "without a discipline.*math.AC"),
        (lambda d: d["disciplines"]["mathematics"].update(arxiv=["math", "stat"]), "arxiv listed twice"),
        (lambda d: d["disciplines"]["mathematics"].update(arxiv=["math", "maths"]), "not arXiv categories.*maths"),
        (lambda d: d["disciplines"]["mathematics"].update(subjects=["Physics"]), "subjects listed twice.*physics"),
        (lambda d: d["disciplines"]["mathematics"].update(codes=["/692"]), "codes listed twice"),
        (lambda d: d["disciplines"]["mathematics"].update(also=["Numerology"]), "have no home.*Numerology"),
        (lambda d: d["weak"].append("Numerology"), "have no home.*Numerology"),
        (lambda d: d["disciplines"]["mathematics"].update(colour="red"), "colour"),
        (lambda d: d["disciplines"].update({"Pure Maths": {"title": "x"}}), "slug"),
        (lambda d: d.update(version="new"), "version"),
        (lambda d: d.pop("disciplines"), "disciplines"),
    ],
)
def test_an_inconsistent_taxonomy_is_a_config_error(change: object, message: str) -> None:
    data = raw()
    change(data)  # type: ignore[operator]
    with pytest.raises(ConfigError, match=message):
        parse(yaml.safe_dump(data))


@pytest.mark.parametrize("text", ["", "[]", "{", "version: 1", "disciplines: 3"])
def test_what_is_no_taxonomy_is_a_config_error(text: str) -> None:
    with pytest.raises(ConfigError):
        parse(text)


@given(
    st.lists(st.sampled_from(listed(MMSCI_SUBJECTS)), max_size=6),
    st.lists(st.sampled_from(sorted(ARXIV_SPOT_CHECKS)), max_size=4),
)
@settings(max_examples=60, deadline=None)
def test_classification_has_one_primary_and_no_repeats(subjects: list[str], categories: list[str]) -> None:
    found = load().classify(subjects=subjects, arxiv_categories=categories)
    names = [a.discipline for a in found]
    assert len(set(names)) == len(names)
    assert [a.primary for a in found] == [i == 0 for i in range(len(found))]
    assert bool(found) == bool(subjects or categories)
    assert {a.evidence for a in found} <= {*subjects, *categories}


@given(st.text(max_size=40))
@settings(max_examples=60, deadline=None)
def test_no_text_breaks_classification(text: str) -> None:
    found = load().classify(subjects=[text], codes=[text], arxiv_categories=[text], openalex_fields=[text])
    assert {a.discipline for a in found} <= set(load().names)


def _terms(page: Path) -> list[str]:
    return re.findall(r'data-track-action="view subject"[^>]*href="/subjects/([\w-]+)"', page.read_text("utf-8"))


@pytest.mark.realdata
def test_every_subject_of_real_article_pages_is_known(realdata: Path) -> None:
    terms = {term for page in realdata.glob("natcomms_html/*/*.html") for term in _terms(page)}
    assert len(terms) >= 8
    assert {term for term in terms if not load().classify(subjects=[term])} == set()


@pytest.mark.realdata
def test_pages_read_by_eye_have_the_discipline_that_the_reader_gave(realdata: Path) -> None:
    gold = [json.loads(line) for line in (realdata / "gold.jsonl").read_text("utf-8").splitlines()]
    pages = {g["key"]: g["discipline"].partition(":")[0] for g in gold if g["key"].startswith("natcomms_html/")}
    assert len(pages) >= 4
    for key, wanted in pages.items():
        found = slugs(load(), subjects=_terms(realdata / key / f"{Path(key).name}.html"))
        assert wanted.replace(" ", "-") == found[0], key


@pytest.mark.realdata
def test_publisher_codes_of_real_articles_are_known(realdata: Path) -> None:
    codes = {
        path.parent.name: re.findall(r"<subject>(/6\d\d/[\d/]+)</subject>", path.read_text("utf-8"))
        for path in (realdata / "natcomms_jats").glob("springer_*/*.xml")
    }
    assert {name: slugs(load(), codes=found)[0] for name, found in codes.items()} == {
        name: "biology" if "40261" in name else "chemistry" for name in codes
    }
