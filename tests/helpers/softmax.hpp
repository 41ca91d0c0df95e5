// A batch of categorical distributions, with what is asked of one column.
#pragma once

#include "gradiva/kernels/softmax/categorical.hpp"
#include "gradiva/kernels/softmax/log_softmax.hpp"

namespace gradiva_test {

template <class T>
struct Softmax : gradiva::kernels::SoftmaxBatch<T> {
    explicit Softmax(const gradiva::Matrix<T>& z) { gradiva::kernels::log_softmax<T>(z, *this); }
    double entropy(gradiva::Index j) const {
        gradiva::Vector<T> out = gradiva::Vector<T>::Zero(this->cols());
        gradiva::kernels::add_categorical_entropy<T>(*this, out);
        return static_cast<double>(out[j]);
    }
    /// KL(this || to).
    double kl(const Softmax& to, gradiva::Index j) const {
        gradiva::Vector<T> out = gradiva::Vector<T>::Zero(this->cols());
        gradiva::kernels::add_categorical_kl<T>(*this, to, out);
        return static_cast<double>(out[j]);
    }
    gradiva::Matrix<T> probabilities() const {
        gradiva::Matrix<T> m(this->rows(), this->cols());
        for (gradiva::Index j = 0; j < m.cols(); ++j) {
            for (gradiva::Index i = 0; i < m.rows(); ++i) m(i, j) = this->p(i, j);
        }
        return m;
    }
};

}  // namespace gradiva_test
