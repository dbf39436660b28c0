#!/usr/bin/env bash
# Regenerates every .pb.swift of the project from the .proto files beside it. Needed only after a .proto file changed;
# takes Debian's protobuf-compiler and about a minute for the first build of the generator.
set -euo pipefail
cd "$(dirname "$0")/../.."

command -v protoc >/dev/null || {
    echo "generate.sh: protoc is missing: apt-get install protobuf-compiler" >&2
    exit 69
}
SPOOL_PART=protocol swift build --product protoc-gen-swift --scratch-path .build-proto
generator="$(swift build --show-bin-path --scratch-path .build-proto)/protoc-gen-swift"

# generate FOLDER VISIBILITY: FOLDER/*.proto become FOLDER/Generated/*.pb.swift.
generate() {
    mkdir -p "$1/Generated"
    protoc --plugin="protoc-gen-swift=${PROTOC_GEN_SWIFT:-$generator}" --proto_path="$1" \
        --swift_opt="Visibility=$2" --swift_opt=UseAccessLevelOnImports=true --swift_out="$1/Generated" "$1"/*.proto
}

generate Sources/WhatsAppProto/Protos Public
generate Sources/SignalProtocol/Messages Internal
