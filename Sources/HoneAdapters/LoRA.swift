public import HoneLayers
public import HoneTensors

/// The settings of LoRA.
///
/// Defaults are written in the recipe, once.
public struct LoRAConfig: Sendable, Equatable {
    /// `R`, the rank of the change, at least 1.
    public var rank: Int
    /// `α`; the change is scaled by `α / R`, or `α / √R` when rank-stabilised.
    public var alpha: Double
    /// Probability that an input of the change is dropped, `0 ..< 1`.
    public var dropout: Double
    /// Whether the scale is `α / √R` (arXiv:2312.03732) instead of `α / R`.
    public var rankStabilized: Bool
    /// Layer names or patterns (``NamePattern``).
    public var targets: [String]
    /// Ranks of single layers, by PEFT's patterns (`LayerPatterns`); read from PEFT folders.
    public var rankPattern: [String: Int] = [:]
    /// Alphas of single layers, by PEFT's patterns (`LayerPatterns`); read from PEFT folders.
    public var alphaPattern: [String: Double] = [:]

    /// Makes settings that are the same for every adapted layer.
    public init(rank: Int, alpha: Double, dropout: Double, rankStabilized: Bool, targets: [String]) {
        (self.rank, self.alpha, self.dropout) = (rank, alpha, dropout)
        (self.rankStabilized, self.targets) = (rankStabilized, targets)
    }

    func rank(at path: String) throws(AdapterError) -> Int { try LayerPatterns(rankPattern, key: "rank_pattern").value(at: path) ?? rank }
    func scale(at path: String) throws(AdapterError) -> Double {
        let alpha = try LayerPatterns(alphaPattern, key: "alpha_pattern").value(at: path) ?? alpha
        let R = Double(try rank(at: path))
        return alpha / (rankStabilized ? R.squareRoot() : R)
    }
}

/// A linear layer with a trainable low-rank change beside its frozen weight: `y = x Wᵀ + b + s · dropout(x) Aᵀ Bᵀ`.
///
/// Source: arXiv:2106.09685; rank-stabilised scale arXiv:2312.03732. `A` `[R, in]` starts uniform in ±1/√in (PEFT), `B` `[out, R]` at zero,
/// so the model is unchanged at step 0. One autograd node computes base and change together. `A` and `B` have these shapes also where the
/// base stores its weight as `[in, out]` (GPT-2), as in PEFT.
public final class LoRA: MergeableLayer, RandomLayer {
    /// The layer that the slot held before; its weights stay frozen.
    public let base: any Layer
    /// The same layer as ``base``, as the linear layer it is.
    public let linear: Linear
    /// `A`, `[R, in]`, stored as `lora_A.weight`.
    public let down: Parameter
    /// `B`, `[out, R]`, stored as `lora_B.weight`.
    public let up: Parameter
    /// `s`, the factor on the change.
    public let scale: Double
    /// The probability that an input of the change is dropped while training, `0 ..< 1`.
    public let dropout: Double
    /// Set by the loop: dropout applies only while training.
    public var isTraining = false
    /// Whether the change is added; false gives the base model's answer.
    public var isEnabled = true
    /// Decides which inputs are dropped while training.
    public var randomState: UInt64 = 0

    /// Wraps a linear layer with `A` and `B` of matching widths.
    public init(_ linear: Linear, down: Tensor, up: Tensor, scale: Double, dropout: Double) {
        (base, self.linear, self.scale, self.dropout) = (linear, linear, scale, dropout)
        self.down = Parameter("lora_A.weight", down, decays: true)
        self.up = Parameter("lora_B.weight", up, decays: true)
    }

    /// `A` and `B`; the base layer's own parameters keep their names in the slot.
    public var parameters: [Parameter] { [down, up] }

    /// Returns `x Wᵀ + b + s · dropout(x) Aᵀ Bᵀ`, `[.., in] → [.., out]`; without the change while disabled.
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        guard isEnabled else { return try linear(x) }
        if isTraining { randomState &+= 0x9E37_79B9_7F4A_7C15 }
        return try x.linear(
            linear.matrix(for: x), bias: linear.bias?.value(like: x), down: down.value, up: up.value, scale: scale,
            dropout: isTraining ? dropout : 0, seed: randomState)
    }

    /// The base layer's matrix, which takes the change when merged.
    public var mergedParameter: String { "weight" }

    /// `W + s B A`, computed in float32 from the stored weights; in the base's layout, so transposed where its weight is.
    public func merged() throws -> MergedWeight {
        MergedWeight { [linear, down, up, scale] in
            try withGradients(false) {
                let change = try up.stored.to(.float32).matmul(down.stored.to(.float32)) * scale
                return try linear.weight.stored.to(.float32) + (linear.isTransposed ? change.transposed(0, 1) : change)
            }
        }
    }

    /// Puts LoRA at every slot that a target matches.
    ///
    /// - Returns: the paths adapted, in model order.
    /// - Throws: ``AdapterError`` if a target matches nothing, or matches something that is not a linear layer.
    static func attach(_ config: LoRAConfig, to model: any Module) throws -> [String] {
        let slots = model.slotsByPath()
        for target in config.targets where !slots.contains(where: { NamePattern(target).matches($0.path) }) {
            throw AdapterError.nothingMatched(method: "lora", patterns: [target], candidates: slots.map(\.path))
        }
        let chosen = slots.filter { slot in config.targets.contains { NamePattern($0).matches(slot.path) } }
        for (path, slot) in chosen where !(slot.layer is Linear) {
            throw AdapterError.notAdaptable(path: path, layer: "\(type(of: slot.layer))")
        }
        var attached: [String] = []
        for (path, slot) in chosen {
            guard let linear = slot.layer as? Linear else { continue }
            let R = try config.rank(at: path)
            let bound = 1 / Double(linear.inputWidth).squareRoot()
            slot.layer = LoRA(
                linear, down: try .uniform([R, linear.inputWidth], low: -bound, high: bound), up: try .zeros([linear.outputWidth, R]),
                scale: try config.scale(at: path), dropout: config.dropout)
            attached.append(path)
        }
        return attached
    }
}

/// Runs `body` with every LoRA layer below `model` in training mode or not, as `training` says.
///
/// - Parameter seed: decides which inputs are dropped; each layer draws its own pattern from it.
public func withAdapters<R>(of model: any Module, training: Bool, seed: UInt64 = 0, _ body: () throws -> R) rethrows -> R {
    let layers = model.slotsByPath().compactMap { $0.slot.layer as? LoRA }
    let before = layers.map(\.isTraining)
    defer { for (layer, flag) in zip(layers, before) { layer.isTraining = flag } }
    for (place, layer) in layers.enumerated() {
        (layer.isTraining, layer.randomState) = (training, seed &+ UInt64(place + 1) &* 0xA24B_AED4_963E_E407)
    }
    return try body()
}
