package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount/"

// cluster is the little of the API that plugins use: read and label their own node.
type cluster struct {
	base, token string
	client      *http.Client
}

func inCluster() (*cluster, error) {
	host, port := os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT")
	if host == "" {
		return nil, errors.New("not in a cluster: KUBERNETES_SERVICE_HOST is not set")
	}
	token, err := os.ReadFile(serviceAccount + "token")
	if err != nil {
		return nil, err
	}
	authority, err := os.ReadFile(serviceAccount + "ca.crt")
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	return &cluster{
		base: "https://" + net.JoinHostPort(host, port), token: string(token),
		client: &http.Client{Transport: transport, Timeout: 10 * time.Second},
	}, nil
}

func (c *cluster) nodeLabels(ctx context.Context, name string) (map[string]string, error) {
	node := struct {
		Metadata struct {
			Labels map[string]string `json:"labels"`
		} `json:"metadata"`
	}{}
	text, err := c.request(ctx, http.MethodGet, "nodes/"+name, nil)
	if err != nil {
		return nil, err
	}
	err = json.Unmarshal(text, &node)
	return node.Metadata.Labels, err
}

// labelNode sets labels; nil removes one.
func (c *cluster) labelNode(ctx context.Context, name string, labels map[string]any) error {
	body, err := json.Marshal(map[string]any{"metadata": map[string]any{"labels": labels}})
	if err != nil {
		return err
	}
	_, err = c.request(ctx, http.MethodPatch, "nodes/"+name, body)
	return err
}

// pod is what mig-manager wants to know of one.
type pod struct {
	Metadata struct {
		Name   string                  `json:"name"`
		Owners []struct{ Kind string } `json:"ownerReferences"`
	} `json:"metadata"`
	Spec struct {
		NodeSelector map[string]string `json:"nodeSelector"`
	} `json:"spec"`
}

func (p pod) ofDaemonSet() bool {
	return len(p.Metadata.Owners) > 0 && p.Metadata.Owners[0].Kind == "DaemonSet"
}

func (c *cluster) podsOn(ctx context.Context, node string) ([]pod, error) {
	text, err := c.request(ctx, http.MethodGet, "pods?fieldSelector=spec.nodeName%3D"+node, nil)
	if err != nil {
		return nil, err
	}
	list := struct{ Items []pod }{}
	err = json.Unmarshal(text, &list)
	return list.Items, err
}

func (c *cluster) request(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	if strings.HasSuffix(path, "/") {
		return nil, errors.New("NODE_NAME is not set")
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+"/api/v1/"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	request.Header.Set("Content-Type", "application/merge-patch+json")
	answer, err := c.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s", method, path, answer.Status)
	}
	return text, err
}
