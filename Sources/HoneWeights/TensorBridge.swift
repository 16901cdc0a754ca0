// Tested by ModelFolderTests.swift.
public import HoneTensors

extension WeightEntry {
    /// A tensor over the mapped bytes, without copying; the mapping lives as long as the tensor.
    public func tensor() throws(TensorError) -> Tensor {
        try withBytes { bytes throws(TensorError) in try Tensor.view(of: bytes, shape: shape, dtype: dtype, keeping: file) }
    }
}

extension WeightSource {
    /// Describes a tensor by name; it is brought to the CPU and made contiguous when its turn comes.
    public init(name: String, tensor: Tensor) {
        self.init(name: name, dtype: tensor.dtype, shape: tensor.shape) { put in
            try tensor.detached().to(.cpu).contiguous().withBytes(put)
        }
    }
}
