public import Foundation
public import HoneLayers
public import HoneTensors

/// An adapter method on a model, as the checker drives it.
public struct AdapterSubject {
    /// Builds the base model, the same every time.
    public var make: () throws -> any Module
    /// Computes the model's output on a fixed input.
    public var forward: (any Module) throws -> Tensor
    /// Attaches the adapter, decides what trains, and returns the keys that may train.
    public var attach: (any Module) throws -> Set<String>
    /// Writes the adapter to a folder.
    public var save: (any Module, URL) throws -> Void
    /// Reads a folder into a model that carries the adapter.
    public var load: (any Module, URL) throws -> Void

    /// Describes a method.
    public init(
        make: @escaping () throws -> any Module, forward: @escaping (any Module) throws -> Tensor,
        attach: @escaping (any Module) throws -> Set<String>, save: @escaping (any Module, URL) throws -> Void,
        load: @escaping (any Module, URL) throws -> Void
    ) {
        (self.make, self.forward, self.attach, self.save, self.load) = (make, forward, attach, save, load)
    }
}

/// Checks everything that holds for any mergeable adapter.
///
/// The output equals the base's at step 0; only the declared parameters train, and all of them get a gradient; merged weights in a bare
/// model give the adapter's output; a saved adapter gives the same output when loaded; taking the wrappers off gives back the base.
/// - Throws: ``CheckFailure`` naming the property.
public func checkAdapter(_ subject: AdapterSubject) throws {
    let base = try withGradients(false) { try subject.forward(try subject.make()) }
    let model = try subject.make()
    let declared = try subject.attach(model)
    try requireClose(subject.forward(model), base, .float32Element, "output at step 0 against the base's")
    try checkTraining(subject, model, declared)

    var generator = SeededGenerator(seed: 11)
    for named in model.wrapperParameters() { try named.parameter.restore(generator.tensor(named.parameter.shape, scale: 0.3)) }
    let changed = try withGradients(false) { try subject.forward(model) }
    try require(try largestDifference(changed, base) > 1e-3, "other adapter weights do not change the output")
    try checkMerging(subject, model, changed)

    let folder = try TemporaryFolder()
    try subject.save(model, folder.url)
    let loaded = try subject.make()
    _ = try subject.attach(loaded)
    try subject.load(loaded, folder.url)
    try requireClose(withGradients(false) { try subject.forward(loaded) }, changed, .exact, "output after saving and loading")

    for (_, slot) in model.slotsByPath() {
        while let wrapper = slot.layer as? any WrapperLayer { slot.layer = wrapper.base }
    }
    try requireClose(withGradients(false) { try subject.forward(model) }, base, .exact, "output after taking the adapter off")
}

private func checkTraining(_ subject: AdapterSubject, _ model: any Module, _ declared: Set<String>) throws {
    let trainable = Set(model.trainableParameters().map(\.key))
    try require(
        trainable == declared,
        "undeclared keys train: \(trainable.subtracting(declared).sorted()); declared keys do not: \(declared.subtracting(trainable).sorted())"
    )
    try subject.forward(model).squared().sum().backward()
    for named in model.namedParameters() + model.wrapperParameters() {
        let hasGradient = try named.parameter.value.gradient() != nil
        try require(hasGradient == declared.contains(named.key), "\(named.key) has \(hasGradient ? "a" : "no") gradient")
        try named.parameter.value.setGradient(nil)
    }
}

private func checkMerging(_ subject: AdapterSubject, _ model: any Module, _ expected: Tensor) throws {
    let merged = try model.mergedWeights()
    try require(!merged.isEmpty, "there is nothing to merge")
    let bare = try subject.make()
    let targets = Dictionary(uniqueKeysWithValues: bare.namedParameters().map { ($0.key, $0.parameter) })
    for (key, weight) in merged {
        guard let parameter = targets[key] else { throw CheckFailure("merged weight \(key) is no weight of the model") }
        try parameter.load(weight.make())
    }
    try requireClose(withGradients(false) { try subject.forward(bare) }, expected, .float32Sum, "output of the merged model")
}
