# Sourced by other scripts. Installs programs that this Debian release does not have into $cache/bin.

# Unpacks packages of the next Debian release ($debian) into a folder, without changing the system.
unpack_from_next_release() {
  local folder=$1 apt="$cache/apt" uri
  shift
  uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | sort -u | sed -n 1p)
  if [ -z "$uri" ]; then
    apt-get -qq update
    uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | sort -u | sed -n 1p)
  fi
  mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$folder"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${uri:?no Debian repository is set up for apt} $debian main" >"$apt/sources.list"
  local options=(-o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt" -o APT::Sandbox::User=root)
  apt-get -qq "${options[@]}" update &&
    (cd "$apt/archives" && rm -f ./*.deb && apt-get -qq "${options[@]}" download "${@/%//$debian}" && for package in *.deb; do dpkg -x "$package" "$folder"; done)
}

install_minio() {
  [ -x "$cache/bin/minio" ] || GOBIN="$cache/bin" CGO_ENABLED=0 go install github.com/minio/minio@latest
}

install_kubectl() {
  if [ ! -x "$cache/bin/kubectl" ]; then
    unpack_from_next_release "$cache/kubectl" kubectl &&
      ln -sf "$cache/kubectl/usr/bin/kubectl" "$cache/bin/kubectl"
  fi
}

install_grpcurl() {
  [ -x "$cache/bin/grpcurl" ] || GOBIN="$cache/bin" CGO_ENABLED=0 go install github.com/fullstorydev/grpcurl/cmd/grpcurl@latest
}
