// Tested by ReadmeExampleTests.swift.

// `import Hone` brings the types that plans, runs and models hand out.
@_exported public import HoneData
@_exported public import HoneEvaluation
@_exported public import HoneGeneration
@_exported public import HoneRuns
