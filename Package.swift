// swift-tools-version: 6.2
import PackageDescription

// libtorch comes out of the `torch` wheel that `Scripts/bootstrap` unpacks into `.deps/torch` (README, "What is downloaded").
let torch = "\(Context.packageDirectory)/.deps/torch"

let swift: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// One row per room, in the order of the architecture page: a target may depend only on targets above it.
func room(_ name: String, _ dependencies: [Target.Dependency] = [], linker: [LinkerSetting]? = nil) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: swift, linkerSettings: linker)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.init(stringLiteral: name)] + dependencies, exclude: ["Fixtures"], swiftSettings: swift)
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "hone",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Hone", targets: ["Hone"]),
        .executable(name: "hone", targets: ["HoneCLI"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: [
        .target(
            name: "CTorch",
            cxxSettings: [
                .headerSearchPath("../../.deps/torch/include"),
                .headerSearchPath("../../.deps/torch/include/torch/csrc/api/include"),
            ],
            linkerSettings: [
                .linkedLibrary("torch_cpu"),
                .linkedLibrary("c10"),
                .unsafeFlags(["-L\(torch)/lib", "-Xlinker", "-rpath", "-Xlinker", "\(torch)/lib"]),
            ]),
        room("HoneTensors", ["CTorch"]),
        room("HoneWeights", ["HoneTensors"]),
        room("HoneLayers", ["HoneTensors"]),
        room("HoneText"),
        room("HoneData", ["HoneText"]),
        room("HoneModels", ["HoneTensors", "HoneLayers", "HoneWeights"]),
        room("HoneAdapters", ["HoneTensors", "HoneLayers", "HoneWeights"]),
        room("HoneOptimizers", ["HoneTensors"]),
        room("HoneObjectives", ["HoneTensors", "HoneLayers", "HoneData"]),
        room("HoneGeneration", ["HoneText"]),
        room(
            "HoneTraining",
            [
                "HoneTensors", "HoneWeights", "HoneLayers", "HoneData", "HoneObjectives", "HoneOptimizers", "HoneAdapters",
            ]),
        room("HoneEvaluation", ["HoneData"]),
        room("HoneRuns", [grdb]),
        room(
            "Hone",
            [
                "HoneTensors", "HoneWeights", "HoneLayers", "HoneText", "HoneData", "HoneModels", "HoneAdapters", "HoneOptimizers",
                "HoneObjectives", "HoneGeneration", "HoneTraining", "HoneEvaluation", "HoneRuns", yams, crypto,
            ]),
        .executableTarget(
            name: "HoneCLI", dependencies: ["HoneData", "HoneEvaluation", "HoneRuns", "Hone", argumentParser], swiftSettings: swift),
        room(
            "HoneTestSupport",
            [
                "HoneTensors", "HoneWeights", "HoneLayers",
            ]),

        tests("HoneTensors", ["HoneTestSupport"]),
        tests("HoneWeights", ["HoneTensors"]),
        tests("HoneLayers", ["HoneTensors", "HoneTestSupport"]),
        tests("HoneText"),
        tests("HoneData", ["HoneText"]),
        tests(
            "HoneModels",
            ["HoneTensors", "HoneWeights", "HoneLayers", "HoneData", "HoneObjectives", "HoneGeneration", "HoneTestSupport"]),
        tests("HoneAdapters", ["HoneTensors", "HoneWeights", "HoneLayers", "HoneModels", "HoneTestSupport"]),
        tests("HoneOptimizers", ["HoneTensors", "HoneTestSupport"]),
        tests("HoneObjectives", ["HoneTensors", "HoneData", "HoneTestSupport"]),
        tests("HoneGeneration", ["HoneText"]),
        tests(
            "HoneTraining",
            ["HoneTensors", "HoneWeights", "HoneLayers", "HoneData", "HoneAdapters", "HoneOptimizers", "HoneObjectives", "HoneTestSupport"]),
        tests("HoneEvaluation", ["HoneData"]),
        tests("HoneRuns"),
        tests(
            "Hone",
            [
                "HoneCLI", "HoneTensors", "HoneWeights", "HoneLayers", "HoneText", "HoneData", "HoneModels", "HoneGeneration",
                "HoneTraining", "HoneEvaluation", "HoneRuns", "HoneTestSupport",
            ]),
        tests("HoneCLI", ["Hone", "HoneData", "HoneEvaluation", "HoneRuns", "HoneTraining", "HoneWeights", argumentParser]),
    ],
    cxxLanguageStandard: .cxx20
)
