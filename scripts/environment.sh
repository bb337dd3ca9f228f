# Sourced by demo, test and bench: finds Python, makes .venv, installs what is pinned. Says plainly what is missing.

unset PYTHONDONTWRITEBYTECODE # which many containers set: of many processes only the first is to compile what it loads

debian_packages() { # installs the given Debian packages as root, else prints the command and stops
  local missing=() package
  for package in "$@"; do dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package"); done
  [ ${#missing[@]} -eq 0 ] && return 0
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing: ${missing[*]}" >&2
    { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" ||
      { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; }
    } >/dev/null 2>&1 && return 0
  fi
  echo "missing: ${missing[*]}. Install with: sudo apt-get install ${missing[*]}" >&2
  return 1
}

find_python() { # prints a Python >= 3.11
  local candidate
  for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3; do
    if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"; return 0
    fi
  done
  echo "laotrust needs Python 3.11 or newer. On Debian 12 or Ubuntu: sudo apt-get install python3 python3-venv" >&2
  return 1
}

make_environment() { # make_environment REQUIREMENTS: .venv holds exactly what the file pins
  local requirements=$1 python stamp wanted
  command -v openssl >/dev/null || debian_packages openssl || return 1
  [ -n "${PYTHON:-}" ] || command -v python3 >/dev/null || debian_packages python3 python3-venv || return 1
  python=$(find_python) || return 1
  if [ ! -x .venv/bin/python ]; then
    "$python" -m venv .venv >/dev/null 2>&1 || { rm -rf .venv; debian_packages python3-venv && "$python" -m venv .venv; } || return 1
  fi
  stamp=.venv/installed-${requirements%.txt}
  wanted=$(cat requirements.txt "$requirements" | sha256sum)
  if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    echo "installing $requirements into .venv" >&2
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement "$requirements" || return 1
    printf '%s\n' "$wanted" > "$stamp"
  fi
}
