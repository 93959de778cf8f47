"""Names for the made-up council: people, places and teams that exist nowhere."""

from __future__ import annotations

STAFF_DOMAIN = "staff.exampleshire.example"
AGENCY_DOMAIN = "agency.example"
SCHOOL_DOMAIN = "school.example"
HEALTH_DOMAIN = "health.example"
PARTNER_DOMAIN = "partner.example"
FAMILY_DOMAIN = "family.example"
RECORDS_SITE = "https://records.exampleshire.example/case/"
MEETINGS_SITE = "https://meet.exampleshire.example/"
OWN_CHANNEL = "own-"  # before a person's reference: the Teams channel that is theirs alone

DISABILITY_TEAM = "Children with Disabilities"
FIRST_TEAMS = (
    "Ellerford Family Support 1",
    "Ellerford Family Support 2",
    "Oakmarsh Family Support",
    "Wrenhollow Family Safeguarding",
    "Thornlea Assessment and Planning",
    DISABILITY_TEAM,
)
# Teams whose managers have a channel of their own in Teams.
MANAGERS_CHANNELS = {"Ellerford Family Support 2": "ellerford-2-managers", "Oakmarsh Family Support": "oakmarsh-managers"}
PLACES = ("Marlowick", "Quarrybeck", "Saltreed", "Fennimere", "Hartsall", "Corvedale End", "Millbarrow", "Osierton", "Larkstead")
SERVICES = ("Family Support", "Family Safeguarding", "Assessment and Planning")

VENUES = (
    "Ellerford Family Hub",
    "Oakmarsh Civic Centre, room 2",
    "Wrenhollow Children's Centre",
    "Thornlea Library meeting room",
    "Quarrybeck Community Hall",
    "The child's home",
)
SCHOOLS = (
    "Ellerford Primary School",
    "Oakmarsh Church Primary School",
    "Thornlea Infant School",
    "Quarrybeck Junior School",
    "Wrenhollow High School",
    "Marlowick Academy",
    "St Oswin's Catholic School",
    "Saltreed Special School",
    "Little Larks Nursery",
)
SENIOR_SCHOOLS = ("Wrenhollow High School", "Marlowick Academy", "St Oswin's Catholic School", "Saltreed Special School")
HEALTH_SERVICES = (
    ("Health visiting, Ellerford", "health visitor"),
    ("Health visiting, Oakmarsh", "health visitor"),
    ("School nursing, Exampleshire", "school nurse"),
    ("Community paediatrics, Exampleshire", "paediatrician"),
    ("Community midwifery, Thornlea", "midwife"),
)
OTHER_PARTNERS = (
    ("Exampleshire Children's Advocacy", "advocate"),
    ("Exampleshire Children's Advocacy", "advocate"),
    ("Parents' Voice advocacy", "advocate"),
    ("Clear Words interpreting", "interpreter"),
    ("Clear Words interpreting", "interpreter"),
    ("Ellerford Homes, tenancy support", "other"),
    ("Turning Tide, substance use service", "other"),
    ("Exampleshire Youth Service", "other"),
    ("Harbour domestic abuse service", "other"),
)

STAFF_FIRST = (
    "Amanda", "Aisha", "Alun", "Beth", "Bukola", "Callum", "Carys", "Catherine", "Chidi", "Claire", "Connor", "Danielle",
    "Deborah", "Dev", "Eleanor", "Emma", "Farah", "Fiona", "Gareth", "Gemma", "Grace", "Hannah", "Harpreet", "Helen", "Imran",
    "Jackie", "Jasmine", "Joanne", "Jonathan", "Karen", "Kavita", "Kelly", "Kirsty", "Laura", "Leanne", "Louise", "Lucy",
    "Marcus", "Maureen", "Megan", "Michelle", "Mohammed", "Naomi", "Natalie", "Ngozi", "Nicola", "Oliver", "Paul", "Priya",
    "Rachel", "Rebecca", "Ruth", "Sarah", "Sally", "Shanice", "Siân", "Simon", "Sophie", "Stephen", "Tanya", "Tendai", "Tom",
    "Tracey", "Vicky", "Wendy", "Yasmin", "Zainab", "Zoë",
)  # fmt: skip
STAFF_LAST = (
    "Abbott", "Adeyemi", "Ahmed", "Anderson", "Ashworth", "Bailey", "Banerjee", "Barker", "Begum", "Bennett", "Bhatt",
    "Birtwistle", "Bradley", "Brennan", "Broadbent", "Chaudhry", "Chikwanha", "Clarke", "Coleman", "Cooper", "Crosby", "Davies",
    "Dhillon", "Doherty", "Dutton", "Edwards", "Eze", "Fairclough", "Farrell", "Fletcher", "Gaskell", "Gibson", "Greenhalgh",
    "Hargreaves", "Harrison", "Hussain", "Ingham", "Jackson", "Jarvis", "Kaur", "Kershaw", "Khan", "Lawson", "Mackenzie",
    "Makoni", "Marsden", "Mbeki", "McAllister", "Metcalfe", "Moyo", "Nuttall", "O'Connor", "Obi", "Okafor", "Osborne", "Parekh",
    "Patel", "Pearson", "Pickering", "Quinn", "Rahman", "Ramsden", "Reynolds", "Rowe", "Sandhu", "Shaw", "Sheikh", "Sutcliffe",
    "Thackray", "Thompson", "Tyler", "Varley", "Walsh", "Whittaker", "Wilcock", "Yates",
)  # fmt: skip

# Families: for each language spoken at home, first names of adults, of children, and surnames.
FAMILIES: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "en": (
        ("Abigail", "Chantelle", "Charlene", "Craig", "Daniel", "Donna", "Faye", "Holly", "Jade", "Jamie", "Jodie", "Kayleigh",
         "Kieran", "Lee", "Lisa", "Luke", "Natasha", "Rhys", "Ryan", "Samantha", "Shauna", "Stacey", "Toni", "Wayne"),
        ("Alfie", "Amelia", "Archie", "Ava", "Bailey", "Callie", "Darcie", "Demi", "Ellis", "Evie", "Finley", "Freya", "Harley",
         "Isla", "Jayden", "Kai", "Kyle", "Leo", "Lexi", "Logan", "Maisie", "Mason", "Mia", "Noah", "Poppy", "Riley", "Skye",
         "Tyler", "Willow", "Zac"),
        ("Atkins", "Barlow", "Barnes", "Booth", "Burgess", "Carr", "Chapman", "Cole", "Dawson", "Dixon", "Ellison", "Frost",
         "Gordon", "Hampson", "Harding", "Holt", "Hunter", "Jennings", "Kirkham", "Lamb", "Lowe", "Mercer", "Miller", "Newton",
         "Nolan", "Palmer", "Pratt", "Reid", "Saunders", "Sharples", "Stubbs", "Turner", "Unsworth", "Wade", "Webster", "Wright"),
    ),
    "pl": (
        ("Agnieszka", "Katarzyna", "Marta", "Piotr", "Tomasz"),
        ("Jakub", "Julia", "Oskar", "Zofia"),
        ("Kowalczyk", "Lewandowska", "Nowak", "Wojcik"),
    ),
    "ro": (
        ("Andreea", "Elena", "Ionut", "Mihai"),
        ("Andrei", "Ioana", "Matei", "Sofia"),
        ("Dumitru", "Ionescu", "Marin", "Popa"),
    ),
    "ur": (
        ("Bilal", "Nadia", "Rukhsana", "Tariq"),
        ("Aaliyah", "Hamza", "Ibrahim", "Maryam"),
        ("Akhtar", "Iqbal", "Malik", "Qureshi"),
    ),
    "so": (
        ("Abdi", "Fadumo", "Hodan", "Sahra"),
        ("Ayaan", "Hibaq", "Ilyas", "Sumaya"),
        ("Farah", "Jama", "Osman", "Warsame"),
    ),
    "ar": (
        ("Amal", "Hassan", "Layla", "Yousef"),
        ("Adam", "Karim", "Noor", "Salma"),
        ("Darwish", "Haddad", "Mansour", "Saleh"),
    ),
    "uk": (
        ("Iryna", "Natalia", "Oksana", "Taras"),
        ("Bohdan", "Daryna", "Maksym", "Polina"),
        ("Bondar", "Kravets", "Melnyk", "Tkach"),
    ),
}  # fmt: skip
# One family in eight or so does not speak English at home.
LANGUAGES = ("en",) * 40 + ("pl", "ro", "ur", "so", "ar", "uk")
