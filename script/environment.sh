# Makes the virtual environment of the project and keeps it at the pinned requirements. Sourced by the other scripts.

root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
cd "$root" || exit 1
venv="$root/.venv"
python="$venv/bin/python"

fail() {
    printf '%s\n' "" "$@" "" >&2
    exit 1
}

# A name on the PATH may be a launcher without that version behind it: each is tried before it is believed.
find_python() {
    for name in python3.14 python3.13 python3.12 python3.11 python3 python; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            if "$name" -c 'import venv, ensurepip' >/dev/null 2>&1; then
                command -v "$name"
                return
            fi
            without_venv=$name
        fi
    done
    if [ -n "${without_venv:-}" ]; then
        fail "Il manque à Python le module venv. Sur Debian ou Ubuntu : sudo apt install python3-venv" \
            "Python lacks its venv module. On Debian or Ubuntu: sudo apt install python3-venv"
    fi
    fail "Il faut Python 3.11 ou plus récent (https://www.python.org/downloads/)." \
        "Python 3.11 or later is needed (https://www.python.org/downloads/)."
}

# prepare_environment FILE…: installs these requirements, unless they are those installed already.
prepare_environment() {
    if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        found=$(find_python) || exit 1
        echo "Création de l’environnement Python…"
        rm -rf "$venv"
        "$found" -m venv "$venv" || fail "L’environnement Python n’a pas pu être créé dans $venv." \
            "The Python environment could not be made in $venv."
    fi
    arguments=""
    changed=""
    for file in "$@"; do
        arguments="$arguments --requirement $file"
        cmp -s "$file" "$venv/installed-$file" || changed=yes
    done
    [ -n "$changed" ] || return 0
    echo "Installation des dépendances (une fois, environ une minute)…"
    for file in "$@"; do rm -f "$venv/installed-$file"; done
    # The names of our files hold no space: their list is meant to be split.
    # shellcheck disable=SC2086
    "$python" -m pip install --quiet --quiet --no-input --disable-pip-version-check --require-hashes $arguments ||
        fail "Les dépendances n’ont pas pu être installées : le message de pip est au-dessus. La connexion à Internet est nécessaire la première fois." \
            "The requirements could not be installed: see pip's message above. The first start needs a network."
    for file in "$@"; do cp "$file" "$venv/installed-$file"; done
}
